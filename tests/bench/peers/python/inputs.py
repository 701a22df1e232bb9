"""What clients send, checked. Knows no database."""

import hashlib
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

MOST_REPORTS = 5_000


class Status(StrEnum):
    """How a script went."""

    RUNNING = "RUNNING"
    PASS = "PASS"
    FAIL = "FAIL"
    BLOCK = "BLOCK"
    ERROR = "ERROR"
    SKIP = "SKIP"


Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=255)]


class Input(BaseModel):
    """What a client sends, with the names of JSON or of Python."""

    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True, from_attributes=True)


class Label(Input):
    key: Name
    value: Annotated[str, StringConstraints(max_length=255)]


class NewSchedule(Input):
    name: UUID
    title: Name | None = None
    labels: list[Label] = []


CONTENT = {"script", "status", "duration_ms", "message"}


class Report(Input):
    script: Name
    status: Status
    duration_ms: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = None
    message: Annotated[str, StringConstraints(max_length=65_536)] | None = None
    key: UUID | None = None

    def content(self) -> bytes:
        """The digest of all that was reported."""
        return hashlib.sha256(self.model_dump_json(include=CONTENT).encode()).digest()


class SingleReport(Report):
    schedule: UUID


class Batch(Input):
    schedule: UUID
    results: Annotated[list[Report], Field(min_length=1, max_length=MOST_REPORTS)]
