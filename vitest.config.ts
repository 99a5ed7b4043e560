import { defineConfig } from 'vitest/config'
import { findServerTests } from './scripts/server-tests.ts'

const UNIT = ['{server,shared,scripts}/**/*.test.ts', 'client/{app,canvas}/**/*.test.{ts,tsx}']
const FAULTS = ['server/**/*.fault.ts']
const BROWSER = ['client/e2e/**/*.spec.ts']

/** Tests that name their engine. */
const ONLY_ONCE = {
  'what the file of SQLite and its directory keep a server from': 'server/src/main.test.ts',
  'a move from SQLite to a PostgreSQL that it starts itself': 'scripts/move-to-postgres.test.ts',
}

/** Whatever starts a server runs on PostgreSQL too, each data directory in a database of its own. */
const onPostgres = {
  setupFiles: ['scripts/patience.ts', 'server/src/testing/use-postgres.ts'],
  exclude: Object.values(ONLY_ONCE),
}
const POSTGRES = 'server/src/testing/provide-postgres.ts'
const BUILD = 'client/e2e/src/global-setup.ts'

const unit = { testTimeout: 60_000, hookTimeout: 60_000 }
const faults = { testTimeout: 300_000, hookTimeout: 60_000, fileParallelism: false }
const browser = { testTimeout: 120_000, hookTimeout: 120_000, fileParallelism: false }
const setupFiles = ['scripts/patience.ts']

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: UNIT, setupFiles, ...unit } },
      { test: { name: 'faults', include: FAULTS, exclude: ['server/src/faults/postgres.fault.ts'], setupFiles, ...faults } },
      { test: { name: 'browser', include: BROWSER, globalSetup: [BUILD], setupFiles, ...browser } },
      {
        test: {
          name: 'unit on PostgreSQL',
          include: findServerTests(UNIT),
          globalSetup: [POSTGRES],
          ...onPostgres,
          ...unit,
        },
      },
      { test: { name: 'faults on PostgreSQL', include: FAULTS, globalSetup: [POSTGRES], ...onPostgres, ...faults } },
      {
        test: {
          name: 'browser on PostgreSQL',
          include: ['client/e2e/src/draw-together.spec.ts', 'client/e2e/src/device.spec.ts'],
          globalSetup: [BUILD, POSTGRES],
          ...onPostgres,
          ...browser,
        },
      },
    ],
  },
})
