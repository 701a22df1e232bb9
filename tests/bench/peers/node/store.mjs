// Which database the tables are in, by its address.

import * as mysql from './mysql.mjs'
import * as sqlite from './sqlite.mjs'

const kind = (address) => (address.startsWith('sqlite:') ? sqlite : mysql)

/** Makes the tables where they are missing. */
export const prepare = (address) => kind(address).prepare(address)

/** The store of one process. */
export const open = (address) => kind(address).open(address)
