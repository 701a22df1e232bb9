// The tables: the same columns and indexes in all peers, in the words of each kind of database.

const SQLITE = {
  id: 'INTEGER PRIMARY KEY AUTOINCREMENT',
  time: 'TEXT',
  text: 'TEXT',
  binary: () => 'BLOB',
  table: (name, columns, indexes) => [
    `CREATE TABLE IF NOT EXISTS ${name} (${columns})`,
    ...indexes.map((index) => `CREATE INDEX IF NOT EXISTS ${indexName(name, index)} ON ${name} (${index})`),
  ],
}

const MYSQL = {
  id: 'BIGINT PRIMARY KEY AUTO_INCREMENT',
  time: 'DATETIME(3)',
  text: 'LONGTEXT',
  binary: (size) => `BINARY(${size})`,
  table(name, columns, indexes) {
    const keys = indexes.map((index) => `INDEX ${indexName(name, index)} (${index})`)
    const options = 'ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin'
    return [`CREATE TABLE IF NOT EXISTS ${name} (${[columns, ...keys]}) ${options}`]
  },
}

const indexName = (table, columns) => `ix_${table}_${columns.join('_')}`

const statements = ({ id, time, text, binary, table }) => [
  ...table(
    'schedule',
    `schedule_id ${id},
     schedule_name VARCHAR(36) NOT NULL UNIQUE,
     schedule_status CHAR(1) NOT NULL,
     created_time ${time} NOT NULL,
     last_modify_time ${time} NOT NULL,
     state VARCHAR(16) NOT NULL,
     title VARCHAR(255),
     closed_time ${time},
     revision INT NOT NULL DEFAULT 0,
     lease_seconds INT NOT NULL,
     lease_expires ${time},
     running INT NOT NULL DEFAULT 0,
     pass INT NOT NULL DEFAULT 0,
     fail INT NOT NULL DEFAULT 0,
     block INT NOT NULL DEFAULT 0,
     error INT NOT NULL DEFAULT 0,
     skip INT NOT NULL DEFAULT 0`,
    [['title', 'state'], ['state', 'lease_expires'], ['last_modify_time'], ['state', 'created_time']],
  ),
  ...table(
    'label',
    `schedule_id BIGINT NOT NULL,
     name VARCHAR(255) NOT NULL,
     value VARCHAR(255) NOT NULL,
     PRIMARY KEY (schedule_id, name),
     FOREIGN KEY (schedule_id) REFERENCES schedule (schedule_id) ON DELETE CASCADE`,
    [['name', 'value', 'schedule_id']],
  ),
  ...table(
    'result',
    `schedule_id BIGINT NOT NULL,
     number INT NOT NULL,
     script VARCHAR(255) NOT NULL,
     attempt INT NOT NULL,
     latest BOOLEAN NOT NULL,
     status VARCHAR(16) NOT NULL,
     message ${text},
     output ${text},
     content_bytes INT NOT NULL,
     duration_ms INT,
     started_time ${time},
     submitted_time ${time} NOT NULL,
     revision INT NOT NULL,
     PRIMARY KEY (schedule_id, number),
     UNIQUE (script, schedule_id, attempt),
     FOREIGN KEY (schedule_id) REFERENCES schedule (schedule_id) ON DELETE CASCADE`,
    [['schedule_id', 'revision']],
  ),
  ...table(
    'result_key',
    `schedule_id BIGINT NOT NULL,
     idempotency_key ${binary(16)} NOT NULL,
     number INT NOT NULL,
     content ${binary(32)} NOT NULL,
     PRIMARY KEY (schedule_id, idempotency_key),
     FOREIGN KEY (schedule_id) REFERENCES schedule (schedule_id) ON DELETE CASCADE`,
    [],
  ),
]

export const onSqlite = statements(SQLITE)
export const onMysql = statements(MYSQL)
