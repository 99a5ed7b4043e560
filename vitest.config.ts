import { availableParallelism } from 'node:os'
import { configDefaults, defineConfig } from 'vitest/config'
import { findServerTests } from './scripts/server-tests.ts'

const UNIT = ['{server,shared,scripts}/**/*.test.ts', 'client/{app,canvas}/**/*.test.{ts,tsx}']
const specOf = (name: string) => `client/e2e/src/${name}.spec.ts`
const FAULTS = ['server/**/*.fault.ts']
const BROWSER = ['client/e2e/**/*.spec.ts']
/** Stories that go through what the server stores; the others are of the client alone. */
const BROWSER_ON_POSTGRES = ['draw-together', 'interop']
/** Stories in which it is looked at how long something takes, which another beside it would change. */
const BROWSER_ALONE = ['cost', 'heavy', 'scale']

/** Tests of one engine, and those of the line, whatever stores what goes over it. */
const ONLY_ONCE = {
  'sends megabytes over slow lines': 'server/src/sync/slow-lines.test.ts',
  'floods a server': 'server/src/sync/fairness.test.ts',
  'stops reading': 'server/src/sync/stalled-readers.test.ts',
  'sends what no client does': 'server/src/sync/hostile-clients.test.ts',
  'waits for heartbeats': 'server/src/sync/heartbeat.test.ts',
  'holds a session in a browser': 'client/canvas/src/collab/room-session.server.test.ts',
  'shows cursors': 'server/src/sync/awareness.test.ts',
  'ends with its token': 'server/src/sync/token-expiry.test.ts',
  'tells its version': 'server/src/sync/version.test.ts',
  'is told of in the log': 'server/src/sync/stay-log.test.ts',
  'stays in a room': 'server/src/sync/stay.test.ts',
  'sees who is in': 'server/src/sync/who-is-in.test.ts',
  'speaks the protocol': 'server/src/sync/sync-protocol.test.ts',
  'comes with another library': 'server/src/sync/yjs-clients.test.ts',
  'paces what is told': 'server/src/sync/broadcast-pace.test.ts',
  'sends what no library would': 'server/src/sync/liars.test.ts',
  'fills the memory': 'server/src/faults/small-machine.fault.ts',
  'sends what is nearly sound': 'server/src/sync/fuzz.test.ts',
  'stops what hangs': 'server/src/sync/planted-hang.test.ts',
  'holds sockets that never sign in': 'server/src/sync/upgrades.test.ts',
  'fills the disk of a process': 'server/src/faults/full-disk.fault.ts',
  'each test names the engine that fails to start': 'server/src/main.test.ts',
  'tells of errors and traces, and once of a data directory': 'server/src/telemetry.test.ts',
  'opens sockets below a path': 'server/src/sync/public-path.test.ts',
  'sends what is large': 'server/src/sync/big-board.test.ts',
  'moves from SQLite to a PostgreSQL of its own': 'scripts/move-to-postgres.test.ts',
}
const OF_POSTGRES = {
  'kills PostgreSQL': 'server/src/faults/postgres.fault.ts',
  'has several instances': 'server/src/faults/instances.fault.ts',
  'kills all that there is': 'server/src/faults/chaos.fault.ts',
  'restarts instances in turn': 'server/src/faults/rolling.fault.ts',
  'follows an edit from one instance to another': 'server/src/faults/traces.fault.ts',
  'stands behind nginx': 'server/src/faults/proxy.fault.ts',
}

// Most of a test is waiting: there is work for two, also on a machine of two cores.
const unit = {
  testTimeout: 60_000,
  hookTimeout: 60_000,
  maxWorkers: Math.max(2, availableParallelism() - 1),
  sequence: { groupOrder: 0 },
}
// Each kind when the one before has ended: people's patience is tested here, not the machine's.
const faults = { testTimeout: 300_000, hookTimeout: 60_000, fileParallelism: false, sequence: { groupOrder: 1 } }
// Where the machine stands still for a second, a press or a drag misses: in one of a few hundred stories. What is wrong fails twice.
const browser = { testTimeout: 120_000, hookTimeout: 120_000, retry: 1 }
const inPairs = { ...browser, maxWorkers: 2, sequence: { groupOrder: 2 } }
const alone = { ...browser, fileParallelism: false, sequence: { groupOrder: 3 } }

const setupFiles = ['scripts/patience.ts']
const BUILD = 'client/e2e/src/global-setup.ts'

/**
 * Whatever starts a server runs on PostgreSQL too. A project has one PostgreSQL server, and each data directory a
 * database of its own in it.
 */
const onPostgres = {
  setupFiles: [...setupFiles, 'server/src/testing/use-postgres.ts'],
  exclude: [...configDefaults.exclude, ...Object.values(ONLY_ONCE)],
}
const POSTGRES = 'server/src/testing/provide-postgres.ts'

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: UNIT, setupFiles, ...unit } },
      {
        test: {
          name: 'unit on PostgreSQL',
          include: findServerTests(UNIT),
          globalSetup: [POSTGRES],
          ...onPostgres,
          ...unit,
        },
      },
      {
        test: {
          name: 'faults',
          include: FAULTS,
          exclude: [...configDefaults.exclude, ...Object.values(OF_POSTGRES)],
          setupFiles,
          ...faults,
        },
      },
      { test: { name: 'faults on PostgreSQL', include: FAULTS, globalSetup: [POSTGRES], ...onPostgres, ...faults } },
      {
        test: {
          name: 'browser',
          include: BROWSER,
          exclude: [...configDefaults.exclude, ...BROWSER_ALONE.map(specOf)],
          globalSetup: [BUILD],
          setupFiles,
          ...inPairs,
        },
      },
      {
        test: { name: 'browser alone', include: BROWSER_ALONE.map(specOf), globalSetup: [BUILD], setupFiles, ...alone },
      },
      {
        test: {
          name: 'browser on PostgreSQL',
          include: BROWSER_ON_POSTGRES.map(specOf),
          globalSetup: [BUILD, POSTGRES],
          ...onPostgres,
          ...inPairs,
        },
      },
    ],
  },
})
