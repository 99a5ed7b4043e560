/** Prints what a run of the tests came to, from Vitest's JSON report, as one plain line. */
import { readFileSync } from 'node:fs'

interface Report {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly numTodoTests: number
}

const [file] = process.argv.slice(2)
if (!file) throw new Error('usage: count-tests.ts REPORT.json')
const report = JSON.parse(readFileSync(file, 'utf8')) as Report
const skipped = report.numPendingTests + report.numTodoTests
console.log(`${report.numPassedTests} passed, ${report.numFailedTests} failed, ${skipped} skipped`)
