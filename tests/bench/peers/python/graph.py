"""The GraphQL peer of Python: Strawberry on ASGI, over the same store as the REST peer.

Resolvers await the store on a thread, for a blocked event loop serves nobody. Labels and results of a page of schedules
come from data loaders, and a document is parsed and validated once.
"""

from functools import partial
from typing import NewType
from uuid import UUID

import strawberry
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from strawberry.asgi import GraphQL
from strawberry.dataloader import DataLoader
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.schema.config import StrawberryConfig

import inputs
import store
from worker import Guard, lifespan

DateTime = NewType("DateTime", str)
ResultStatus = strawberry.enum(inputs.Status, name="ResultStatus")


class Loaders:
    """What one request has asked for, and was not read yet."""

    def __init__(self):
        self.labels = DataLoader(load_fn=partial(run_in_threadpool, store.labels))
        self.pages = {}

    def first_results(self, first: int) -> DataLoader[int, store.Page]:
        if first not in self.pages:
            load = partial(run_in_threadpool, store.first_results, first=first)
            self.pages[first] = DataLoader(load_fn=load)
        return self.pages[first]


Info = strawberry.Info[Loaders, None]


# Labels, results and pages are the store's own rows and pages: a field is an attribute.


@strawberry.type
class Label:
    key: str
    value: str


@strawberry.type
class PageInfo:
    has_next_page: bool
    end_cursor: str | None


@strawberry.type
class Result:
    script: str
    attempt: int
    status: ResultStatus
    duration_ms: int | None
    submitted_time: DateTime


@strawberry.type
class ResultConnection:
    nodes: list[Result]

    @strawberry.field
    def page_info(self) -> PageInfo:
        return self


@strawberry.type
class Progress:
    reported: int
    running: int
    # `pass` is a word of Python's own.
    passed: int = strawberry.field(name="pass")
    fail: int
    block: int
    error: int
    skip: int


@strawberry.type
class Schedule:
    schedule_id: strawberry.Private[int]
    name: UUID
    title: str | None
    status: str
    revision: int
    created_time: DateTime
    progress: Progress

    @classmethod
    def of(cls, columns) -> "Schedule":
        counters = {name: columns[name] for name in store.COUNTERS}
        passed = counters.pop("pass")
        return cls(
            schedule_id=columns["schedule_id"],
            name=columns["schedule_name"],
            title=columns["title"],
            status=columns["state"],
            revision=columns["revision"],
            created_time=columns["created_time"],
            progress=Progress(reported=sum(counters.values()) + passed, passed=passed, **counters),
        )

    @strawberry.field
    async def labels(self, info: Info) -> list[Label]:
        return await info.context.labels.load(self.schedule_id)

    @strawberry.field
    async def results(self, info: Info, first: int = 50, after: str | None = None) -> ResultConnection:
        if after is None:
            return await info.context.first_results(first).load(self.schedule_id)
        return await run_in_threadpool(store.results, self.schedule_id, first, after)


@strawberry.type
class ScheduleConnection:
    nodes: list[Schedule]
    page_info: PageInfo


@strawberry.type
class Query:
    @strawberry.field
    async def schedule(self, name: UUID) -> Schedule | None:
        row = await run_in_threadpool(store.find, name)
        return row and Schedule.of(row._asdict())

    @strawberry.field
    async def schedules(self, first: int | None = 20, after: str | None = None) -> ScheduleConnection:
        page = await run_in_threadpool(store.schedules, 20 if first is None else first, after)
        nodes = [Schedule.of(row._asdict()) for row in page.nodes]
        return ScheduleConnection(nodes=nodes, page_info=page)


@strawberry.input
class LabelInput:
    key: str
    value: str


@strawberry.input
class CreateScheduleInput:
    name: UUID
    title: str | None = None
    labels: list[LabelInput] = strawberry.field(default_factory=list)


@strawberry.input
class BatchResultInput:
    script: str
    status: ResultStatus
    duration_ms: int | None = None
    message: str | None = None
    key: UUID | None = None


@strawberry.input
class ReportResultInput(BatchResultInput):
    schedule: UUID


@strawberry.input
class ReportResultsInput:
    schedule: UUID
    results: list[BatchResultInput]


@strawberry.type
class CreateSchedulePayload:
    schedule: Schedule


@strawberry.type
class Reported:
    script: str
    attempt: int
    status: ResultStatus


@strawberry.type
class ReportResultPayload:
    result: Reported
    schedule: Schedule


@strawberry.type
class ReportResultsPayload:
    accepted: int
    duplicates: int
    schedule: Schedule


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def create_schedule(self, input: CreateScheduleInput) -> CreateSchedulePayload:
        new = inputs.NewSchedule.model_validate(input)
        schedule = await run_in_threadpool(store.create, new)
        return CreateSchedulePayload(schedule=Schedule.of(schedule))

    @strawberry.mutation
    async def report_result(self, input: ReportResultInput) -> ReportResultPayload:
        report = inputs.Report.model_validate(input)
        receipt = await run_in_threadpool(store.report, input.schedule, [report])
        return ReportResultPayload(result=receipt.results[0], schedule=Schedule.of(receipt.schedule))

    @strawberry.mutation
    async def report_results(self, input: ReportResultsInput) -> ReportResultsPayload:
        batch = inputs.Batch.model_validate(input)
        receipt = await run_in_threadpool(store.report, batch.schedule, batch.results)
        return ReportResultsPayload(
            accepted=receipt.accepted,
            duplicates=receipt.duplicates,
            schedule=Schedule.of(receipt.schedule),
        )


# Times are text already.
SCALARS = {DateTime: strawberry.scalar(name="DateTime", serialize=str)}

schema = strawberry.Schema(
    Query,
    Mutation,
    config=StrawberryConfig(scalar_map=SCALARS),
    extensions=[ParserCache, ValidationCache],
)


class Endpoint(GraphQL):
    """Strawberry's own endpoint; each request has loaders of its own."""

    async def get_context(self, request, response) -> Loaders:
        return Loaders()


async def healthz(_request):
    return PlainTextResponse("ready")


app = Starlette(
    routes=[Route("/healthz", healthz), Route("/graphql", Endpoint(schema, graphql_ide=None), methods=["POST"])],
    middleware=[Middleware(Guard)],
    lifespan=lifespan,
)
