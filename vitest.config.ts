import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          setupFiles: ['scripts/patience.ts'],
          include: ['{server,shared,scripts}/**/*.test.ts', 'client/{app,canvas}/**/*.test.{ts,tsx}'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'faults',
          setupFiles: ['scripts/patience.ts'],
          include: ['server/**/*.fault.ts'],
          testTimeout: 300_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'browser',
          setupFiles: ['scripts/patience.ts'],
          include: ['client/e2e/**/*.spec.ts'],
          globalSetup: ['client/e2e/src/global-setup.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
