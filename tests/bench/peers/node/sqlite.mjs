// The store on SQLite: better-sqlite3, every statement prepared once. It answers at once and in order, so a statement for
// each value of a list is as good as one for all.
//
// Of two processes only one can write. SQLite's own patience sleeps, for longer and longer, with the whole process; ours
// lets it answer others meanwhile, and looks again each millisecond. So what writes has a connection without patience.

import { setTimeout } from 'node:timers/promises'

import Database from 'better-sqlite3'

import { bytes, Ledger, opened, refused, reportable, sent, shown } from './ledger.mjs'
import { onSqlite } from './tables.mjs'

const PATIENCE_MILLISECONDS = 5_000

export async function prepare(address) {
  const database = connect(address, PATIENCE_MILLISECONDS)
  database.pragma('journal_mode = WAL')
  onSqlite.forEach((statement) => database.exec(statement))
  database.close()
}

export async function open(address) {
  return new Store(connect(address, PATIENCE_MILLISECONDS), connect(address, 0))
}

function connect(address, patience) {
  const database = new Database(address.replace(/^sqlite:\/\/\//, ''))
  database.pragma(`busy_timeout = ${patience}`)
  database.pragma('synchronous = FULL')
  database.pragma('foreign_keys = ON')
  return database
}

class Store {
  constructor(reader, writer) {
    this.reader = reader
    this.writer = writer
    this.queue = Promise.resolve()
    this.insertSchedule = writer.prepare(
      `INSERT INTO schedule (schedule_name, schedule_status, created_time, last_modify_time, state, title, lease_seconds,
         lease_expires)
       VALUES (@schedule_name, @schedule_status, @created_time, @last_modify_time, @state, @title, @lease_seconds,
         @lease_expires)`,
    )
    this.insertLabel = writer.prepare('INSERT INTO label (schedule_id, name, value) VALUES (?, ?, ?)')
    this.lockedSchedule = writer.prepare('SELECT * FROM schedule WHERE schedule_name = ?')
    this.selectRecorded = writer.prepare(
      `SELECT result.script, result.attempt, result.status FROM result_key JOIN result USING (schedule_id, number)
       WHERE result_key.schedule_id = ? AND result_key.idempotency_key = ?`,
    )
    this.selectLatest = writer.prepare(
      'SELECT number, attempt, status FROM result WHERE schedule_id = ? AND script = ? AND latest = 1',
    )
    this.supersede = writer.prepare('UPDATE result SET latest = 0 WHERE schedule_id = ? AND number = ?')
    this.insertResult = writer.prepare(
      `INSERT INTO result VALUES (@schedule_id, @number, @script, @attempt, @latest, @status, @message, @output,
         @content_bytes, @duration_ms, @started_time, @submitted_time, @revision)`,
    )
    this.insertKey = writer.prepare(
      'INSERT INTO result_key VALUES (@schedule_id, @idempotency_key, @number, @content)',
    )
    this.updateSchedule = writer.prepare(
      `UPDATE schedule SET revision = @revision, state = @state, last_modify_time = @last_modify_time,
         lease_expires = @lease_expires, running = @running, pass = @pass, fail = @fail, block = @block,
         error = @error, skip = @skip
       WHERE schedule_id = @schedule_id`,
    )
    // With the write lock from the start.
    this.createNow = writer.transaction((schedule) => this.createLocked(schedule)).immediate
    this.reportNow = writer.transaction((name, reports) => this.reportLocked(name, reports)).immediate

    this.selectSchedule = reader.prepare('SELECT * FROM schedule WHERE schedule_name = ?')
    this.selectSchedules = reader.prepare(
      'SELECT * FROM schedule WHERE schedule_id < ? ORDER BY schedule_id DESC LIMIT ?',
    )
    this.selectLabels = reader.prepare('SELECT name AS key, value FROM label WHERE schedule_id = ? ORDER BY name')
    this.selectResults = reader.prepare(
      `SELECT number, script, attempt, status, duration_ms AS durationMs, submitted_time AS submittedTime FROM result
       WHERE schedule_id = ? AND latest = 1 AND number > ? ORDER BY number LIMIT ?`,
    )
  }

  async create(schedule) {
    try {
      return await this.write(() => this.createNow(schedule))
    } catch (error) {
      if (error.code === 'SQLITE_CONSTRAINT_UNIQUE') {
        throw refused('CONFLICT', `there is a schedule ${schedule.name} already`)
      }
      throw error
    }
  }

  report(name, reports) {
    return this.write(() => this.reportNow(name, reports))
  }

  /** Does this when all that came before is done, and the other process doesn't write. */
  write(transaction) {
    const outcome = this.queue.then(() => patiently(transaction))
    this.queue = outcome.catch(() => {})
    return outcome
  }

  createLocked(schedule) {
    const row = opened(schedule)
    row.schedule_id = this.insertSchedule.run(row).lastInsertRowid
    for (const [name, value] of schedule.labels) {
      this.insertLabel.run(row.schedule_id, name, value)
    }
    return shown(row)
  }

  reportLocked(name, reports) {
    const schedule = reportable(name, this.lockedSchedule.get(name))
    const id = schedule.schedule_id
    const recorded = new Map()
    const latest = new Map()
    for (const { key, script } of reports) {
      const known = key === null ? undefined : this.selectRecorded.get(id, bytes(key))
      if (known !== undefined) {
        recorded.set(key, known)
      }
      const row = this.selectLatest.get(id, script)
      if (row !== undefined) {
        latest.set(script, row)
      }
    }
    const ledger = new Ledger(schedule, recorded, latest)
    const results = reports.map((report) => ledger.take(report))
    ledger.superseded.forEach((number) => this.supersede.run(id, number))
    ledger.rows.forEach((row) => this.insertResult.run(row))
    ledger.keys.forEach((key) => this.insertKey.run(key))
    if (ledger.rows.length > 0) {
      this.updateSchedule.run(schedule)
    }
    return { schedule: shown(schedule), results }
  }

  find(name) {
    const row = this.selectSchedule.get(name)
    return row === undefined ? null : shown(row)
  }

  schedules(after, rows) {
    return this.selectSchedules.all(after ?? Number.MAX_SAFE_INTEGER, rows).map(shown)
  }

  labels(ids) {
    return ids.map((id) => this.selectLabels.all(id))
  }

  results(ids, after, rows) {
    return ids.map((id) => {
      const results = this.selectResults.all(id, after ?? 0, rows)
      for (const result of results) {
        result.submittedTime = sent(result.submittedTime)
      }
      return results
    })
  }

  close() {
    this.reader.close()
    this.writer.close()
  }
}

/** Tries this until nobody else writes. */
async function patiently(transaction) {
  const deadline = Date.now() + PATIENCE_MILLISECONDS
  for (;;) {
    try {
      return transaction()
    } catch (error) {
      if (error.code !== 'SQLITE_BUSY' || Date.now() > deadline) {
        throw error
      }
    }
    await setTimeout(1)
  }
}
