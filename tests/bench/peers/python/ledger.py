"""What reports do to their schedule, decided in memory under its lock. Knows no database."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row

from inputs import Report
from tables import moment


@dataclass(slots=True)
class Accepted:
    """The result that a report went to."""

    script: str
    attempt: int
    status: str
    duplicate: bool


class Ledger:
    """What is known of a locked schedule, and what is to be written."""

    def __init__(
        self, schedule: dict[str, Any], recorded: dict[bytes, Accepted], latest: dict[str, Row], now: datetime
    ):
        self.schedule = schedule
        self.recorded = recorded
        # Where a script's latest attempt is in the database, and those that came since.
        self.latest = latest
        self.newer: dict[str, dict[str, Any]] = {}
        self.now = now
        self.time = moment(now)
        self.superseded: list[int] = []
        self.rows: list[dict[str, Any]] = []
        self.keys: list[dict[str, Any]] = []

    def take(self, report: Report) -> Accepted:
        key = report.key.bytes if report.key else None
        if key is not None and key in self.recorded:
            return self.recorded[key]
        row = self.add(report)
        accepted = Accepted(row["script"], row["attempt"], row["status"], duplicate=False)
        if key is not None:
            self.keys.append(
                {
                    "schedule_id": row["schedule_id"],
                    "idempotency_key": key,
                    "number": row["number"],
                    "content": report.content(),
                }
            )
            self.recorded[key] = Accepted(row["script"], row["attempt"], row["status"], duplicate=True)
        return accepted

    def add(self, report: Report) -> dict[str, Any]:
        schedule = self.schedule
        schedule["revision"] += 1
        schedule["state"] = "RUNNING"
        schedule["last_modify_time"] = self.time
        schedule["lease_expires"] = moment(self.now + timedelta(seconds=schedule["lease_seconds"]))
        schedule[report.status.lower()] += 1
        row = {
            "schedule_id": schedule["schedule_id"],
            "number": schedule["revision"],
            "script": report.script,
            "attempt": self.supersede(report.script) + 1,
            "latest": True,
            "status": report.status.value,
            "message": report.message,
            "output": None,
            "content_bytes": len(report.message.encode()) if report.message else 0,
            "duration_ms": report.duration_ms,
            "started_time": None,
            "submitted_time": self.time,
            "revision": schedule["revision"],
        }
        self.rows.append(row)
        self.newer[report.script] = row
        return row

    def supersede(self, script: str) -> int:
        """Makes the script's latest attempt an earlier one, and tells which it was: 0 where there is none."""
        if newer := self.newer.get(script):
            newer["latest"] = False
            attempt, status = newer["attempt"], newer["status"]
        elif row := self.latest.get(script):
            self.superseded.append(row.number)
            attempt, status = row.attempt, row.status
        else:
            return 0
        self.schedule[status.lower()] -= 1
        return attempt
