/** SketchRoom's own `main.ts`, which its environment configures, and which answers the bench about its process. */
import { answerCalls } from '../answer-calls.ts'
import { processCalls, type ProcessCalls } from './peer-calls.ts'

answerCalls<ProcessCalls>(processCalls)
await import('../../../server/src/main.ts')
