import { signedInSchema, type SignedIn } from '@sketchroom/shared/api/auth'
import { API_PREFIX } from '@sketchroom/shared/api/paths'
import { problemSchema, type Problem } from '@sketchroom/shared/api/problem'
import type { z } from 'zod'

/** What a request carries beside its method and path. */
export interface CallOptions {
  readonly token?: string | undefined
  readonly cookie?: string | undefined
  /** Sent as JSON; a string is sent as it is. */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** An answer with its body read. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The body as this schema says; throws when it is anything else. */
  as<T>(schema: z.ZodType<T>): T
  /** The body as a problem; throws when it is anything else, or not labelled as one. */
  problem(): Problem
}

/** Sends a request to a path below the origin. */
export async function call(
  { origin }: { origin: string },
  method: string,
  path: string,
  { token, cookie, body, headers = {} }: CallOptions = {},
): Promise<Answer> {
  const response = await fetch(origin + path, {
    method,
    redirect: 'manual',
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(cookie !== undefined && { cookie: `sketchroom_refresh=${cookie}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  return {
    status: response.status,
    headers: response.headers,
    text,
    as: (schema) => schema.parse(JSON.parse(text)),
    problem() {
      if (response.headers.get('content-type') !== 'application/problem+json') throw new Error(`no problem: ${text}`)
      return problemSchema.parse(JSON.parse(text))
    },
  }
}

/** Somebody signed in: the answer's body, and the refresh token of the cookie that came with it. */
export type TestUser = SignedIn & { readonly cookie: string }

/** A new guest, or, with an e-mail address, a new account. */
export async function createUser(api: { origin: string }, name: string, email?: string): Promise<TestUser> {
  const path = `${API_PREFIX}/auth/${email === undefined ? 'guest' : 'signup'}`
  return toTestUser(
    await call(api, 'POST', path, {
      body: email === undefined ? { name } : { name, email, password: 'correct horse' },
    }),
  )
}

/** Reads an answer that signs somebody in. */
export function toTestUser(answer: Answer): TestUser {
  return { ...answer.as(signedInSchema), cookie: refreshCookieOf(answer) ?? '' }
}

/** What an answer sets a cookie to; undefined when it does not. */
export function findCookie(headers: Headers, name: string): string | undefined {
  const cookie = headers.getSetCookie().find((line) => line.startsWith(`${name}=`))
  return cookie?.slice(name.length + 1).split(';')[0]
}

/** The refresh token that the answer sets as a cookie; undefined when it sets none. */
export function refreshCookieOf({ headers }: Answer): string | undefined {
  return findCookie(headers, 'sketchroom_refresh')
}
