// The GraphQL peer of JavaScript: Fastify and Mercurius with its JIT, in two processes that Node's cluster shares out
// connections to. This file has the processes, the token and HTTP; it knows no table and no type.

import cluster from 'node:cluster'
import { timingSafeEqual } from 'node:crypto'

import Fastify from 'fastify'
import mercurius from 'mercurius'

import { loaders, resolvers, schema } from './graph.mjs'
import { open, prepare } from './store.mjs'

const WORKERS = 2
// How long a worker that was told to stop may finish what it has begun.
const GRACE_MILLISECONDS = 1_000
const BODY_BYTES = 16 * 1024 * 1024

const { BENCH_DATABASE, BENCH_PORT, BENCH_TOKEN } = process.env

if (cluster.isPrimary) {
  await prepare(BENCH_DATABASE)
  lead()
} else {
  await work()
}

/** Starts the workers. They end with this process, and it ends when one of them does. */
function lead() {
  const workers = Array.from({ length: WORKERS }, () => cluster.fork())
  let stopping = false
  const stop = () => {
    stopping = true
    workers.forEach((worker) => worker.process.kill('SIGTERM'))
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  cluster.on('exit', () => {
    if (!stopping) {
      process.exitCode = 1
      stop()
    }
  })
}

async function work() {
  const store = await open(BENCH_DATABASE)
  const app = Fastify({ logger: false, bodyLimit: BODY_BYTES })
  app.get('/healthz', async () => 'ready')
  app.register(async (guarded) => {
    guarded.addHook('onRequest', guard(`Bearer ${BENCH_TOKEN}`))
    guarded.register(mercurius, {
      schema,
      resolvers,
      loaders: loaders(store),
      context: () => ({ store }),
      jit: 1,
      // The store hands out what the schema says: nothing needs to be coerced once more.
      compilerOptions: { disableLeafSerialization: true },
    })
  })
  // Whoever signals the whole group of processes signals a worker twice.
  let stopped
  process.on('SIGTERM', () => (stopped ??= stop(app, store)))
  await app.listen({ host: '127.0.0.1', port: Number(BENCH_PORT) })
}

async function stop(app, store) {
  setTimeout(() => process.exit(), GRACE_MILLISECONDS).unref()
  await app.close()
  await store.close()
  process.exit()
}

/** Lets nobody in who lacks the token. */
function guard(authorization) {
  const expected = Buffer.from(authorization)
  return async (request, reply) => {
    const sent = Buffer.from(request.headers.authorization ?? '')
    if (sent.length !== expected.length || !timingSafeEqual(sent, expected)) {
      return reply.code(401).header('www-authenticate', 'Bearer').send('unauthorized')
    }
  }
}
