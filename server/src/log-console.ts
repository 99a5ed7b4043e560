import { format } from 'node:util'
import type { Logger } from 'pino'

/** What libraries print with, and how bad it is. */
const LEVELS = { error: 'error', warn: 'warn', info: 'info', log: 'info', debug: 'debug', trace: 'debug' } as const

/** Libraries print what clients send: more than this says nothing, and fills the disk. */
const MAX_LENGTH = 2_000

/** What is printed with. */
export type Printer = Pick<Console, keyof typeof LEVELS>

/**
 * Sends what is printed to the log. Hocuspocus and Yjs print errors that they catch, with what a client sent, and the log
 * promises that each line is JSON.
 */
export function logConsole(printer: Printer, log: Logger): void {
  for (const [method, level] of Object.entries(LEVELS) as Array<[keyof Printer, (typeof LEVELS)[keyof Printer]]>) {
    printer[method] = (...parts: unknown[]) => log[level]({ from: 'console' }, format(...parts).slice(0, MAX_LENGTH))
  }
}
