import { z } from 'zod'
import { errorCodeSchema } from '../error-codes.ts'

/** The body of every error: RFC 9457 problem details, with our code and the faulty fields. */
export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string().optional(),
  /** The id of the request, to be found in the server's log. */
  instance: z.string().optional(),
  code: errorCodeSchema,
  /** Which fields are wrong: a JSON pointer (RFC 6901) and what was expected. */
  errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
})
/** The body of every error. */
export type Problem = z.infer<typeof problemSchema>
