"""The tables: the same columns and indexes in all peers. Knows no statements."""

from datetime import datetime

from sqlalchemy import (
    CHAR,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects import mysql
from sqlalchemy.types import TypeDecorator

SQLITE = "sqlite"
MYSQL = "mysql"


class Moment(TypeDecorator[str]):
    """An instant in UTC with milliseconds: in Python as it goes out, `2026-11-26T10:50:22.123Z`."""

    impl = String(23)
    cache_ok = True

    def load_dialect_impl(self, dialect):
        return dialect.type_descriptor(mysql.DATETIME(fsp=3) if dialect.name == MYSQL else String(23))

    def process_bind_param(self, value, dialect):
        return None if value is None else f"{value[:10]} {value[11:23]}"

    def process_result_value(self, value, dialect):
        if value is None:
            return None
        if isinstance(value, datetime):
            return value.isoformat(timespec="milliseconds") + "Z"
        return f"{value[:10]}T{value[11:]}Z"


def moment(time: datetime) -> str:
    """A time in UTC as the store has it."""
    return time.isoformat(timespec="milliseconds")[:23] + "Z"


# SQLite counts up only what it calls an INTEGER.
Id = BigInteger().with_variant(Integer, SQLITE)
LongText = Text().with_variant(mysql.LONGTEXT, MYSQL)
OPTIONS = {"mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin", "mysql_engine": "InnoDB"}


def binary(size: int):
    return LargeBinary(size).with_variant(mysql.BINARY(size), MYSQL)


def counter(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False, server_default="0")


def of_schedule() -> Column[int]:
    key = ForeignKey("schedule.schedule_id", ondelete="CASCADE")
    return Column("schedule_id", Id, key, primary_key=True, autoincrement=False)


metadata = MetaData()

schedule = Table(
    "schedule",
    metadata,
    Column("schedule_id", Id, primary_key=True),
    Column("schedule_name", String(36), nullable=False, unique=True),
    Column("schedule_status", CHAR(1), nullable=False),
    Column("created_time", Moment, nullable=False),
    Column("last_modify_time", Moment, nullable=False),
    Column("state", String(16), nullable=False),
    Column("title", String(255)),
    Column("closed_time", Moment),
    counter("revision"),
    Column("lease_seconds", Integer, nullable=False),
    Column("lease_expires", Moment),
    counter("running"),
    counter("pass"),
    counter("fail"),
    counter("block"),
    counter("error"),
    counter("skip"),
    Index("ix_schedule_title_state", "title", "state"),
    Index("ix_schedule_state_lease_expires", "state", "lease_expires"),
    Index("ix_schedule_last_modify_time", "last_modify_time"),
    Index("ix_schedule_state_created_time", "state", "created_time"),
    **OPTIONS,
)

label = Table(
    "label",
    metadata,
    of_schedule(),
    Column("name", String(255), primary_key=True),
    Column("value", String(255), nullable=False),
    Index("ix_label_name_value_schedule_id", "name", "value", "schedule_id"),
    **OPTIONS,
)

result = Table(
    "result",
    metadata,
    of_schedule(),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("script", String(255), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("latest", Boolean, nullable=False),
    Column("status", String(16), nullable=False),
    Column("message", LongText),
    Column("output", LongText),
    Column("content_bytes", Integer, nullable=False),
    Column("duration_ms", Integer),
    Column("started_time", Moment),
    Column("submitted_time", Moment, nullable=False),
    Column("revision", Integer, nullable=False),
    UniqueConstraint("script", "schedule_id", "attempt"),
    Index("ix_result_schedule_id_revision", "schedule_id", "revision"),
    **OPTIONS,
)

result_key = Table(
    "result_key",
    metadata,
    of_schedule(),
    Column("idempotency_key", binary(16), primary_key=True),
    Column("number", Integer, nullable=False),
    Column("content", binary(32), nullable=False),
    **OPTIONS,
)
