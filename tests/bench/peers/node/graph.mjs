// The schema, and how its fields are resolved. Knows no SQL and no HTTP.

import { GraphQLScalarType } from 'graphql'
import mercurius from 'mercurius'

const MOST_ITEMS = 100
const MOST_REPORTS = 5_000
const NAME_CHARACTERS = 255
const MESSAGE_BYTES = 64 * 1024
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

export const schema = `
  scalar UUID
  scalar DateTime

  enum ResultStatus { RUNNING PASS FAIL BLOCK ERROR SKIP }

  type Label { key: String! value: String! }
  type PageInfo { hasNextPage: Boolean! endCursor: String }
  type Progress {
    reported: Int! running: Int! pass: Int! fail: Int! block: Int! error: Int! skip: Int!
  }
  type Result {
    script: String! attempt: Int! status: ResultStatus! durationMs: Int submittedTime: DateTime!
  }
  type ResultConnection { nodes: [Result!]! pageInfo: PageInfo! }
  type Schedule {
    name: UUID! title: String status: String! revision: Int! createdTime: DateTime!
    progress: Progress!
    labels: [Label!]!
    results(first: Int! = 50, after: String): ResultConnection!
  }
  type ScheduleConnection { nodes: [Schedule!]! pageInfo: PageInfo! }

  type Query {
    schedule(name: UUID!): Schedule
    schedules(first: Int = 20, after: String): ScheduleConnection!
  }

  input LabelInput { key: String! value: String! }
  input CreateScheduleInput { name: UUID! title: String labels: [LabelInput!]! = [] }
  input BatchResultInput { script: String! status: ResultStatus! durationMs: Int message: String key: UUID }
  input ReportResultInput {
    schedule: UUID! script: String! status: ResultStatus! durationMs: Int message: String key: UUID
  }
  input ReportResultsInput { schedule: UUID! results: [BatchResultInput!]! }

  type Reported { script: String! attempt: Int! status: ResultStatus! }
  type CreateSchedulePayload { schedule: Schedule! }
  type ReportResultPayload { result: Reported! schedule: Schedule! }
  type ReportResultsPayload { accepted: Int! duplicates: Int! schedule: Schedule! }

  type Mutation {
    createSchedule(input: CreateScheduleInput!): CreateSchedulePayload!
    reportResult(input: ReportResultInput!): ReportResultPayload!
    reportResults(input: ReportResultsInput!): ReportResultsPayload!
  }
`

const asIs = (value) => value

const uuid = (value) => {
  if (typeof value !== 'string' || !UUID.test(value)) {
    throw new TypeError('is no UUID')
  }
  return value.toLowerCase()
}

export const resolvers = {
  UUID: new GraphQLScalarType({ name: 'UUID', parseValue: uuid, serialize: asIs }),
  DateTime: new GraphQLScalarType({ name: 'DateTime', serialize: asIs }),

  Query: {
    schedule: (_, { name }, { store }) => store.find(name),
    async schedules(_, { first, after }, { store }) {
      const limit = size(first ?? 20)
      return page(await store.schedules(key(after), limit + 1), limit, 'scheduleId')
    },
  },

  Mutation: {
    async createSchedule(_, { input }, { store }) {
      const labels = input.labels.map(({ key, value }) => [name('key', key), value])
      const title = input.title == null ? null : name('title', input.title)
      return { schedule: await store.create({ name: input.name, title, labels: new Map(labels) }) }
    },
    async reportResult(_, { input }, { store }) {
      const { schedule, results } = await store.report(input.schedule, [report(input)])
      return { schedule, result: results[0] }
    },
    async reportResults(_, { input }, { store }) {
      if (input.results.length < 1 || input.results.length > MOST_REPORTS) {
        throw invalid('results', `must be from 1 to ${MOST_REPORTS}`)
      }
      const { schedule, results } = await store.report(input.schedule, input.results.map(report))
      const duplicates = results.filter((each) => each.duplicate).length
      return { schedule, duplicates, accepted: results.length - duplicates }
    },
  },
}

/** Fields of many schedules at once. Nothing is asked for twice in a document, so nothing is cached. */
export const loaders = (store) => ({
  Schedule: {
    labels: {
      opts: { cache: false },
      loader: async (queries) => store.labels(queries.map(({ obj }) => obj.scheduleId)),
    },
    results: {
      opts: { cache: false },
      async loader(queries) {
        const { first, after } = queries[0].params
        if (queries.some(({ params }) => params.first !== first || params.after !== after)) {
          const each = queries.map(({ obj, params }) => results(store, [obj], params))
          return (await Promise.all(each)).flat()
        }
        return results(store, queries.map(({ obj }) => obj), { first, after })
      },
    },
  },
})

async function results(store, schedules, { first, after }) {
  const limit = size(first)
  const ids = schedules.map(({ scheduleId }) => scheduleId)
  const lists = await store.results(ids, key(after), limit + 1)
  return lists.map((rows) => page(rows, limit, 'number'))
}

/** A page of rows that were read one more than asked for, which tells whether there is more. */
function page(rows, limit, key) {
  const hasNextPage = rows.length > limit
  if (hasNextPage) {
    rows.pop()
  }
  const endCursor = rows.length > 0 ? String(rows.at(-1)[key]) : null
  return { nodes: rows, pageInfo: { hasNextPage, endCursor } }
}

function size(first) {
  if (first < 1 || first > MOST_ITEMS) {
    throw invalid('first', `must be from 1 to ${MOST_ITEMS}`)
  }
  return first
}

function key(after) {
  if (after == null) {
    return null
  }
  if (!/^\d{1,15}$/.test(after)) {
    throw invalid('after', 'is no cursor')
  }
  return Number(after)
}

function report(input) {
  const { status, durationMs = null, message = null, key = null } = input
  if (durationMs !== null && durationMs < 0) {
    throw invalid('durationMs', 'must not be negative')
  }
  const bytes = message === null ? 0 : Buffer.byteLength(message)
  if (bytes > MESSAGE_BYTES) {
    throw invalid('message', `has ${bytes} bytes, at most ${MESSAGE_BYTES} are allowed`)
  }
  return { script: name('script', input.script), status, durationMs, message, bytes, key }
}

function name(field, text) {
  const trimmed = text.trim()
  if (trimmed.length < 1 || trimmed.length > NAME_CHARACTERS) {
    throw invalid(field, `must have from 1 to ${NAME_CHARACTERS} characters`)
  }
  return trimmed
}

const invalid = (field, flaw) => new mercurius.ErrorWithProps(`${field}: ${flaw}`, { code: 'VALIDATION' })
