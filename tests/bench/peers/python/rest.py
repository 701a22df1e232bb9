"""The REST peer: FastAPI over SQLAlchemy Core, as FastAPI's own documentation teaches it.

Endpoints are plain functions, which FastAPI runs on its threads, and answers are models, which pydantic writes.
"""

from typing import Annotated
from uuid import UUID

from fastapi import FastAPI, Query
from fastapi.responses import JSONResponse, PlainTextResponse
from pydantic import AliasGenerator, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

import store
from inputs import Batch, NewSchedule, SingleReport
from worker import Guard, lifespan

app = FastAPI(lifespan=lifespan, openapi_url=None)
app.add_middleware(Guard)

First = Annotated[int, Query(ge=1, le=store.MOST_ITEMS)]


class Output(BaseModel):
    """What is sent: read from rows as they are, with the names of JSON."""

    model_config = ConfigDict(from_attributes=True, alias_generator=AliasGenerator(serialization_alias=to_camel))


class Revised(Output):
    revision: int


class Opened(Output):
    name: UUID
    revision: int


class Reported(Output):
    script: str
    attempt: int
    status: str


class ReportReceipt(Output):
    result: Reported
    schedule: Revised


class BatchReceipt(Output):
    accepted: int
    duplicates: int
    schedule: Revised


class Result(Reported):
    duration_ms: int | None
    submitted_time: str


class PageInfo(Output):
    has_next_page: bool
    end_cursor: str | None


class Results(Output):
    nodes: list[Result]
    page_info: PageInfo


class Progress(Output):
    reported: int
    running: int
    # `pass` is a word of Python's own.
    passed: Annotated[int, Field(alias="pass")]
    fail: int
    block: int
    error: int
    skip: int


class Label(Output):
    key: str
    value: str


class Schedule(Output):
    name: str
    title: str | None
    status: str
    revision: int
    created_time: str
    progress: Progress
    labels: list[Label]
    results: list[Result]


class Schedules(Output):
    nodes: list[Schedule]
    page_info: PageInfo


STATUSES = {store.Refused: 409, store.NotFound: 404, store.Invalid: 422}


@app.exception_handler(store.Refused)
async def refuse(_request, error: store.Refused):
    return JSONResponse({"detail": str(error)}, STATUSES[type(error)])


@app.get("/healthz", response_class=PlainTextResponse)
async def healthz():
    return "ready"


@app.post("/schedules", response_model=Opened)
def create_schedule(new: NewSchedule):
    schedule = store.create(new)
    return {"name": new.name, "revision": schedule["revision"]}


@app.post("/results", response_model=ReportReceipt)
def report_result(report: SingleReport):
    receipt = store.report(report.schedule, [report])
    return {"result": receipt.results[0], "schedule": receipt.schedule}


@app.post("/results/batch", response_model=BatchReceipt)
def report_results(batch: Batch):
    receipt = store.report(batch.schedule, batch.results)
    return {"accepted": receipt.accepted, "duplicates": receipt.duplicates, "schedule": receipt.schedule}


@app.get("/schedules/{name}/results", response_model=Results)
def list_results(name: UUID, first: First = 50, after: str | None = None):
    schedule = store.find(name)
    if schedule is None:
        raise store.NotFound(f"there is no schedule {name}")
    page = store.results(schedule.schedule_id, first, after)
    return {"nodes": page.nodes, "page_info": page}


@app.get("/schedules", response_model=Schedules)
def list_schedules(first: First = 20, after: str | None = None):
    page = store.schedules(first, after)
    ids = [row.schedule_id for row in page.nodes]
    parts = zip(page.nodes, store.labels(ids), store.first_results(ids, 10), strict=True)
    return {"nodes": [shown(row, labels, results.nodes) for row, labels, results in parts], "page_info": page}


def shown(row, labels, results):
    """A schedule as it is sent."""
    columns = row._asdict()
    counters = {name: columns[name] for name in store.COUNTERS}
    return {
        "name": row.schedule_name,
        "title": row.title,
        "status": row.state,
        "revision": row.revision,
        "created_time": row.created_time,
        "progress": counters | {"reported": sum(counters.values())},
        "labels": labels,
        "results": results,
    }
