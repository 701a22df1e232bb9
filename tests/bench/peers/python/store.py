"""The durable work and the pages: all that rest.py and graph.py share. Knows no HTTP and no GraphQL.

SQLAlchemy Core, with statements that are built once, so that its cache of compiled statements always hits.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CompoundSelect,
    Integer,
    Row,
    Select,
    bindparam,
    insert,
    select,
    true,
    union_all,
    update,
)
from sqlalchemy.exc import IntegrityError

from database import READER, writing
from inputs import NewSchedule, Report, Status
from ledger import Accepted, Ledger
from tables import label, moment, result, result_key, schedule

LEASE_SECONDS = 3_600
MOST_ITEMS = 100
# The most values of an IN list.
CHUNK = 500

# A status's counter is named like it.
COUNTERS = [status.lower() for status in Status]


class Refused(Exception):
    """The request can't be granted, and why."""


class NotFound(Refused):
    """There is no such schedule."""


class Invalid(Refused):
    """An argument is not what it may be."""


@dataclass(slots=True)
class Receipt:
    """What a reporter is told: the schedule right after the reports, and where each of them went."""

    schedule: dict[str, Any]
    results: list[Accepted]

    @property
    def duplicates(self) -> int:
        return sum(each.duplicate for each in self.results)

    @property
    def accepted(self) -> int:
        return len(self.results) - self.duplicates


@dataclass(slots=True)
class Page:
    """Some items of a list, and the key to go on from where there are more."""

    nodes: Sequence[Row]
    has_next_page: bool
    end_cursor: str | None


def create(new: NewSchedule) -> dict[str, Any]:
    """Opens a schedule."""
    now = datetime.now(UTC)
    row = {
        "schedule_name": str(new.name),
        "schedule_status": "a",
        "created_time": moment(now),
        "last_modify_time": moment(now),
        "state": "CREATED",
        "title": new.title,
        "revision": 0,
        "lease_seconds": LEASE_SECONDS,
        "lease_expires": moment(now + timedelta(seconds=LEASE_SECONDS)),
    }
    labels = {each.key: each.value for each in new.labels}
    try:
        with writing() as connection:
            made = connection.execute(insert(schedule), row)
            row["schedule_id"] = made.inserted_primary_key.schedule_id
            if labels:
                of = {"schedule_id": row["schedule_id"]}
                rows = [of | {"name": name, "value": value} for name, value in labels.items()]
                connection.execute(insert(label), rows)
    except IntegrityError as error:
        raise Refused(f"there is a schedule {new.name} already") from error
    return row | dict.fromkeys(COUNTERS, 0)


LOCK = select(schedule).where(schedule.c.schedule_name == bindparam("name")).with_for_update()

RECORDED = (
    select(result_key.c.idempotency_key, result.c.script, result.c.attempt, result.c.status)
    .join_from(
        result_key,
        result,
        (result.c.schedule_id == result_key.c.schedule_id) & (result.c.number == result_key.c.number),
    )
    .where(
        result_key.c.schedule_id == bindparam("id"),
        result_key.c.idempotency_key.in_(bindparam("chunk", expanding=True)),
    )
)

LATEST = select(result.c.number, result.c.script, result.c.attempt, result.c.status).where(
    result.c.schedule_id == bindparam("id"),
    result.c.script.in_(bindparam("chunk", expanding=True)),
    result.c.latest == true(),
)

SUPERSEDE = (
    update(result)
    .where(
        result.c.schedule_id == bindparam("id"),
        result.c.number.in_(bindparam("chunk", expanding=True)),
    )
    .values(latest=False)
)

SAVED = ["revision", "state", "last_modify_time", "lease_expires", *COUNTERS]

SAVE = (
    update(schedule).where(schedule.c.schedule_id == bindparam("id")).values({name: bindparam(name) for name in SAVED})
)

INSERT_RESULTS = insert(result)
INSERT_KEYS = insert(result_key)


def report(name: UUID, reports: Sequence[Report]) -> Receipt:
    """Takes all of these reports, in one transaction."""
    with writing() as connection:
        row = connection.execute(LOCK, {"name": str(name)}).one_or_none()
        if row is None:
            raise NotFound(f"there is no schedule {name}")
        if row.state == "CLOSED":
            raise Refused(f"the schedule {name} is closed")
        of = {"id": row.schedule_id}

        def read(statement, values: Iterable[Any]) -> Iterator[Row]:
            for chunk in chunks(list(values)):
                yield from connection.execute(statement, of | {"chunk": chunk}).all()

        keys = {each.key.bytes for each in reports if each.key}
        recorded = {
            row.idempotency_key: Accepted(row.script, row.attempt, row.status, duplicate=True)
            for row in read(RECORDED, keys)
        }
        latest = {row.script: row for row in read(LATEST, {each.script for each in reports})}
        ledger = Ledger(row._asdict(), recorded, latest, datetime.now(UTC))
        results = [ledger.take(each) for each in reports]
        for chunk in chunks(ledger.superseded):
            connection.execute(SUPERSEDE, of | {"chunk": chunk})
        if ledger.rows:
            connection.execute(INSERT_RESULTS, ledger.rows)
            connection.execute(SAVE, of | {name: ledger.schedule[name] for name in SAVED})
        if ledger.keys:
            connection.execute(INSERT_KEYS, ledger.keys)
    return Receipt(ledger.schedule, results)


def chunks(values: list[Any]) -> Iterator[list[Any]]:
    return (values[start : start + CHUNK] for start in range(0, len(values), CHUNK))


FIND = select(schedule).where(schedule.c.schedule_name == bindparam("name"))

AFTER = bindparam("after", type_=BigInteger)
ROWS = bindparam("rows", type_=Integer)

SCHEDULES = select(schedule).where(schedule.c.schedule_id < AFTER).order_by(schedule.c.schedule_id.desc()).limit(ROWS)

LABELS = (
    select(label.c.schedule_id, label.c.name.label("key"), label.c.value)
    .where(label.c.schedule_id.in_(bindparam("ids", expanding=True)))
    .order_by(label.c.schedule_id, label.c.name)
)

ITEM = [
    result.c.schedule_id,
    result.c.number,
    result.c.script,
    result.c.attempt,
    result.c.status,
    result.c.duration_ms,
    result.c.submitted_time,
]


def some_results(id: str) -> Select:
    """Some of the latest results of the schedule that the parameter of this name holds."""
    return (
        select(*ITEM)
        .where(
            result.c.schedule_id == bindparam(id),
            result.c.latest == true(),
            result.c.number > AFTER,
        )
        .order_by(result.c.number)
        .limit(ROWS)
    )


RESULTS = some_results("id")


def find(name: UUID) -> Row | None:
    """The schedule of this name."""
    with READER.connect() as connection:
        return connection.execute(FIND, {"name": str(name)}).one_or_none()


def schedules(first: int, after: str | None) -> Page:
    """A page of schedules, the newest first."""
    check(first)
    key = 2**62 if after is None else cursor(after)
    with READER.connect() as connection:
        rows = connection.execute(SCHEDULES, {"after": key, "rows": first + 1}).all()
    return page(rows, first, "schedule_id")


def labels(ids: list[int]) -> list[list[Row]]:
    """The labels of each of these schedules."""
    if not ids:
        return []
    with READER.connect() as connection:
        return by_schedule(ids, connection.execute(LABELS, {"ids": ids}).all())


def results(id: int, first: int, after: str | None) -> Page:
    """A page of a schedule's results: the latest attempt of each script, in the order of their numbers."""
    check(first)
    key = 0 if after is None else cursor(after)
    with READER.connect() as connection:
        rows = connection.execute(RESULTS, {"id": id, "after": key, "rows": first + 1}).all()
    return page(rows, first, "number")


def first_results(ids: Sequence[int], first: int) -> list[Page]:
    """The first page of the results of each of these schedules."""
    check(first)
    if not ids:
        return []
    values = {f"id_{place}": id for place, id in enumerate(ids)}
    with READER.connect() as connection:
        rows = connection.execute(first_of_each(len(ids)), values | {"after": 0, "rows": first + 1}).all()
        return [page(some, first, "number") for some in by_schedule(ids, rows)]


@cache
def first_of_each(schedules: int) -> CompoundSelect:
    """As many times the first results of a schedule: each ends where its page does, and no result is counted."""
    return union_all(*(select(some_results(f"id_{place}").subquery()) for place in range(schedules)))


def by_schedule(ids: Sequence[int], rows: Iterable[Row]) -> list[list[Row]]:
    """The rows of each of these schedules, in the schedules' order."""
    lists: dict[int, list[Row]] = {id: [] for id in ids}
    for row in rows:
        lists[row.schedule_id].append(row)
    return [lists[id] for id in ids]


def check(first: int):
    if not 1 <= first <= MOST_ITEMS:
        raise Invalid(f"first: must be from 1 to {MOST_ITEMS}")


def cursor(after: str) -> int:
    try:
        return int(after)
    except ValueError as error:
        raise Invalid("after: is no cursor") from error


def page(rows: list[Row], first: int, key: str) -> Page:
    """A page of rows that were read one more than asked for, which tells whether there is more."""
    nodes = rows[:first]
    return Page(nodes, len(rows) > first, str(getattr(nodes[-1], key)) if nodes else None)
