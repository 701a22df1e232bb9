// What reports do to their schedule, decided in memory under its lock. Knows no database.

import { createHash } from 'node:crypto'

import mercurius from 'mercurius'

export const LEASE_SECONDS = 3_600

/** A time in UTC as the tables have it: `2026-11-26 10:50:22.123`. */
export const moment = (milliseconds) => {
  const text = new Date(milliseconds).toISOString()
  return `${text.slice(0, 10)} ${text.slice(11, 23)}`
}

/** A time of the tables as it goes out: `2026-11-26T10:50:22.123Z`. */
export const sent = (text) => `${text.slice(0, 10)}T${text.slice(11)}Z`

export const refused = (code, message) => new mercurius.ErrorWithProps(message, { code })

/** A schedule's row that may be reported to. */
export function reportable(name, row) {
  if (row === undefined) {
    throw refused('NOT_FOUND', `there is no schedule ${name}`)
  }
  if (row.state === 'CLOSED') {
    throw refused('SCHEDULE_CLOSED', `the schedule ${name} is closed`)
  }
  return row
}

/** The row of a schedule that is opened now. */
export function opened({ name, title }) {
  const now = Date.now()
  return {
    schedule_name: name,
    schedule_status: 'a',
    created_time: moment(now),
    last_modify_time: moment(now),
    state: 'CREATED',
    title,
    closed_time: null,
    revision: 0,
    lease_seconds: LEASE_SECONDS,
    lease_expires: moment(now + LEASE_SECONDS * 1000),
    running: 0,
    pass: 0,
    fail: 0,
    block: 0,
    error: 0,
    skip: 0,
  }
}

/** A schedule as the graph has it. */
export function shown(row) {
  const { running, pass, fail, block, error, skip } = row
  return {
    scheduleId: row.schedule_id,
    name: row.schedule_name,
    title: row.title,
    status: row.state,
    revision: row.revision,
    createdTime: sent(row.created_time),
    progress: { reported: running + pass + fail + block + error + skip, running, pass, fail, block, error, skip },
  }
}

/** The 16 bytes of a UUID. */
export const bytes = (uuid) => Buffer.from(uuid.replaceAll('-', ''), 'hex')

export class Ledger {
  /**
   * @param schedule the locked row, which is changed here
   * @param recorded the results of keys that are recorded: `{script, attempt, status}` by key
   * @param latest the latest attempts: `{number, attempt, status}` by script
   */
  constructor(schedule, recorded, latest) {
    this.schedule = schedule
    this.recorded = recorded
    this.latest = latest
    this.before = schedule.revision
    this.now = Date.now()
    // What is to be written: the numbers of rows that are there, and rows that aren't yet.
    this.superseded = []
    this.rows = []
    this.keys = []
  }

  take(report) {
    const { key } = report
    const known = key === null ? undefined : this.recorded.get(key)
    if (known !== undefined) {
      return { ...known, duplicate: true }
    }
    const row = this.add(report)
    const { script, attempt, status } = row
    if (key !== null) {
      const { schedule_id, number } = row
      this.keys.push({ schedule_id, idempotency_key: bytes(key), number, content: content(report) })
      this.recorded.set(key, { script, attempt, status })
    }
    return { script, attempt, status, duplicate: false }
  }

  add({ script, status, durationMs, message, bytes }) {
    const { schedule } = this
    const earlier = this.latest.get(script)
    if (earlier !== undefined) {
      this.supersede(earlier)
    }
    const submitted = moment(this.now)
    schedule.revision += 1
    schedule.state = 'RUNNING'
    schedule.last_modify_time = submitted
    schedule.lease_expires = moment(this.now + schedule.lease_seconds * 1000)
    schedule[status.toLowerCase()] += 1
    const row = {
      schedule_id: schedule.schedule_id,
      number: schedule.revision,
      script,
      attempt: (earlier?.attempt ?? 0) + 1,
      latest: 1,
      status,
      message,
      output: null,
      content_bytes: bytes,
      duration_ms: durationMs,
      started_time: null,
      submitted_time: submitted,
      revision: schedule.revision,
    }
    this.rows.push(row)
    this.latest.set(script, row)
    return row
  }

  supersede(earlier) {
    this.schedule[earlier.status.toLowerCase()] -= 1
    if (earlier.number > this.before) {
      earlier.latest = 0
    } else {
      this.superseded.push(earlier.number)
    }
  }
}

/** The digest of all that was reported. */
function content({ script, status, durationMs, message }) {
  return createHash('sha256').update(JSON.stringify([script, status, durationMs, message])).digest()
}
