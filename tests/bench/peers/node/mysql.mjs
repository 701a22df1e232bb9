// The store on MySQL and MariaDB: mysql2, a pool a process. What single reports and pages send is prepared once a
// connection; a batch sends its lists as text, for each length of a list would be another prepared statement.

import mysql from 'mysql2/promise'

import { bytes, Ledger, opened, refused, reportable, sent, shown } from './ledger.mjs'
import { onMysql } from './tables.mjs'

const CONNECTIONS = 20
// The most values of a list.
const CHUNK = 500

const RESULT = [
  'schedule_id',
  'number',
  'script',
  'attempt',
  'latest',
  'status',
  'message',
  'output',
  'content_bytes',
  'duration_ms',
  'started_time',
  'submitted_time',
  'revision',
]
const RESULT_KEY = ['schedule_id', 'idempotency_key', 'number', 'content']
const SAVED = [
  'revision',
  'state',
  'last_modify_time',
  'lease_expires',
  'running',
  'pass',
  'fail',
  'block',
  'error',
  'skip',
]

// A list of one value is prepared with it; a longer one is written into the text.
const RECORDED = `SELECT idempotency_key, script, attempt, status FROM result_key JOIN result USING (schedule_id, number)
  WHERE result_key.schedule_id = ? AND idempotency_key IN (?)`
const LATEST = 'SELECT number, script, attempt, status FROM result WHERE schedule_id = ? AND script IN (?) AND latest = 1'
const SUPERSEDE = 'UPDATE result SET latest = 0 WHERE schedule_id = ? AND number IN (?)'
const SAVE = `UPDATE schedule SET ${SAVED.map((column) => `${column} = ?`).join(', ')} WHERE schedule_id = ?`

export async function prepare(address) {
  const connection = await mysql.createConnection(address)
  for (const statement of onMysql) {
    await connection.query(statement)
  }
  await connection.end()
}

export async function open(address) {
  const pool = mysql.createPool({ uri: address, connectionLimit: CONNECTIONS, dateStrings: true })
  pool.on('connection', (connection) => {
    connection.query('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED')
  })
  return new Store(pool)
}

class Store {
  constructor(pool) {
    this.pool = pool
  }

  async create(schedule) {
    try {
      return await this.transaction((connection) => create(connection, schedule))
    } catch (error) {
      if (error.code === 'ER_DUP_ENTRY') {
        throw refused('CONFLICT', `there is a schedule ${schedule.name} already`)
      }
      throw error
    }
  }

  report(name, reports) {
    return this.transaction((connection) => report(connection, name, reports))
  }

  async find(name) {
    const [rows] = await this.pool.execute('SELECT * FROM schedule WHERE schedule_name = ?', [name])
    return rows.length === 0 ? null : shown(rows[0])
  }

  async schedules(after, rows) {
    const [schedules] = await this.pool.execute(
      `SELECT * FROM schedule WHERE schedule_id < ? ORDER BY schedule_id DESC LIMIT ${rows}`,
      [after ?? Number.MAX_SAFE_INTEGER],
    )
    return schedules.map(shown)
  }

  async labels(ids) {
    const [rows] = await this.pool.execute(
      `SELECT schedule_id, name AS \`key\`, value FROM label WHERE schedule_id IN (${ids.map(() => '?')})
       ORDER BY schedule_id, name`,
      ids,
    )
    return bySchedule(ids, rows)
  }

  /** As many times the first results of a schedule: each part ends where its page does, and no result is counted. */
  async results(ids, after, rows) {
    const some = `(SELECT schedule_id, number, script, attempt, status, duration_ms AS durationMs,
        submitted_time AS submittedTime
      FROM result WHERE schedule_id = ? AND latest = 1 AND number > ? ORDER BY number LIMIT ${rows})`
    const [results] = await this.pool.execute(
      ids.map(() => some).join(' UNION ALL '),
      ids.flatMap((id) => [id, after ?? 0]),
    )
    for (const result of results) {
      result.submittedTime = sent(result.submittedTime)
    }
    return bySchedule(ids, results)
  }

  async transaction(work) {
    const connection = await this.pool.getConnection()
    try {
      await connection.beginTransaction()
      const outcome = await work(connection)
      await connection.commit()
      return outcome
    } catch (error) {
      await connection.rollback()
      throw error
    } finally {
      connection.release()
    }
  }

  close() {
    return this.pool.end()
  }
}

async function create(connection, schedule) {
  const row = opened(schedule)
  const columns = Object.keys(row)
  const [made] = await connection.execute(insert('schedule', columns), Object.values(row))
  row.schedule_id = made.insertId
  if (schedule.labels.size > 0) {
    const labels = [...schedule.labels].map(([name, value]) => [row.schedule_id, name, value])
    await connection.query('INSERT INTO label (schedule_id, name, value) VALUES ?', [labels])
  }
  return shown(row)
}

async function report(connection, name, reports) {
  const [found] = await connection.execute('SELECT * FROM schedule WHERE schedule_name = ? FOR UPDATE', [name])
  const schedule = reportable(name, found[0])
  const id = schedule.schedule_id
  const keys = new Map(reports.filter(({ key }) => key !== null).map(({ key }) => [key, bytes(key)]))
  const uuids = new Map([...keys].map(([uuid, key]) => [key.toString('hex'), uuid]))
  const recorded = await each(connection, RECORDED, id, [...keys.values()])
  const latest = await each(connection, LATEST, id, [...new Set(reports.map(({ script }) => script))])
  const ledger = new Ledger(
    schedule,
    new Map(recorded.map(({ idempotency_key: key, ...result }) => [uuids.get(key.toString('hex')), result])),
    new Map(latest.map((row) => [row.script, row])),
  )
  const results = reports.map((one) => ledger.take(one))
  await each(connection, SUPERSEDE, id, ledger.superseded)
  await write(connection, 'result', RESULT, ledger.rows)
  await write(connection, 'result_key', RESULT_KEY, ledger.keys)
  if (ledger.rows.length > 0) {
    await connection.execute(SAVE, [...SAVED.map((column) => schedule[column]), id])
  }
  return { schedule: shown(schedule), results }
}
/** Runs a statement for each chunk of these values, and gives all its rows. */
async function each(connection, statement, id, values) {
  if (values.length === 1) {
    const [rows] = await connection.execute(statement, [id, values[0]])
    return rows
  }
  const all = []
  for (let start = 0; start < values.length; start += CHUNK) {
    const [rows] = await connection.query(statement, [id, values.slice(start, start + CHUNK)])
    all.push(rows)
  }
  return all.flat()
}

async function write(connection, table, columns, rows) {
  const values = rows.map((row) => columns.map((column) => row[column]))
  if (values.length === 1) {
    await connection.execute(insert(table, columns), values[0])
    return
  }
  for (let start = 0; start < values.length; start += CHUNK) {
    await connection.query(`INSERT INTO ${table} (${columns}) VALUES ?`, [values.slice(start, start + CHUNK)])
  }
}

const insert = (table, columns) => `INSERT INTO ${table} (${columns}) VALUES (${columns.map(() => '?')})`

/** The rows of each of these schedules, in the schedules' order. */
function bySchedule(ids, rows) {
  const lists = new Map(ids.map((id) => [id, []]))
  for (const row of rows) {
    lists.get(row.schedule_id).push(row)
  }
  return ids.map((id) => lists.get(id))
}
