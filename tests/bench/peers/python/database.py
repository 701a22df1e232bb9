"""The connections, and the transactions on them. Knows no row.

On SQLite each worker writes through one connection, so that its threads queue for it, and the workers take turns: the
busy handler of SQLite sleeps and does not queue, and would let one of them starve for a second and more. On MySQL the
schedule's row is the lock.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from sqlalchemy import Connection, Engine, create_engine, event, make_url

from tables import SQLITE, metadata

# Of a worker; FastAPI answers with up to 40 threads.
CONNECTIONS = 20

READING = {
    "pool_size": CONNECTIONS,
    "max_overflow": 0,
    "isolation_level": "AUTOCOMMIT",
    "skip_autocommit_rollback": True,
}


def connect(url: str) -> tuple[Engine, Engine]:
    """The engine that reads, outside of transactions, and the one that writes."""
    address = make_url(url)
    if address.get_backend_name() == SQLITE:
        writer = create_engine(address, pool_size=1, max_overflow=0)
        reader = create_engine(address, **READING)
        event.listen(writer, "connect", set_up_sqlite)
        event.listen(reader, "connect", set_up_sqlite)
        event.listen(writer, "begin", begin_immediately)
        return reader, writer
    address = address.set(drivername="mysql+pymysql").update_query_dict({"charset": "utf8mb4"})
    writer = create_engine(address, pool_size=CONNECTIONS, max_overflow=0, isolation_level="READ COMMITTED")
    return create_engine(address, **READING), writer


def set_up_sqlite(connection, _record):
    # Python begins no transactions by itself, so that BEGIN can say what kind they are.
    connection.isolation_level = None
    for pragma in ["busy_timeout=5000", "synchronous=FULL", "foreign_keys=ON"]:
        connection.execute(f"PRAGMA {pragma}")


def begin_immediately(connection):
    connection.exec_driver_sql("BEGIN IMMEDIATE")


READER, WRITER = connect(os.environ["BENCH_DATABASE"])

# What the workers lock to take turns: any file that both have, open for as long as they run.
TURN = open(__file__)


@contextmanager
def turn() -> Iterator[None]:
    fcntl.flock(TURN, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(TURN, fcntl.LOCK_UN)


def prepare():
    """Makes the tables where they are missing. Both workers start at the same moment."""
    with turn():
        if WRITER.dialect.name == SQLITE:
            with READER.connect() as connection:
                connection.exec_driver_sql("PRAGMA journal_mode=WAL")
        metadata.create_all(WRITER)


@contextmanager
def writing() -> Iterator[Connection]:
    """A transaction that writes."""
    on_sqlite = WRITER.dialect.name == SQLITE
    with WRITER.connect() as connection, turn() if on_sqlite else nullcontext(), connection.begin():
        yield connection
