import { createHmac, generateKeyPairSync } from 'node:crypto'
import { roomIdSchema, sessionIdSchema, userIdSchema } from '@sketchroom/shared/ids'
import jwt from 'jsonwebtoken'
import { expect, test } from 'vitest'
import { ACCESS_TOKEN_SECONDS, createTokens } from './tokens.ts'

const secret = 'a secret that only the server knows'
const userId = userIdSchema.parse('ada')
const sessionId = sessionIdSchema.parse('session-001')
const roomId = roomIdSchema.parse('room-0000001')
const START = 1_800_000_000_000
const clock = { now: START }
const tokens = createTokens({ secret, now: () => clock.now })
const seconds = START / 1000
const claims = { iss: 'sketchroom', aud: 'sketchroom:access', sub: 'ada', sid: sessionId, exp: seconds + 60 }
const roomRequest = {
  userId: userIdSchema.parse('owner:user-7'),
  name: 'Ada',
  color: '#112233',
  role: 'viewer' as const,
  roomId,
  origins: ['https://host.example'],
  mintedBy: userIdSchema.parse('owner'),
  ttlSeconds: 60,
}

function encode(part: unknown): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url')
}
/** A token with any header, rightly signed with our secret by HMAC. */
function forge(header: Record<string, unknown>, payload: unknown, key: string = secret): string {
  const signed = `${encode(header)}.${encode(payload)}`
  return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`
}
const unauthenticated = expect.objectContaining({ code: 'unauthenticated' })

test('an access token speaks for its person and sign-in until it expires', () => {
  clock.now = START
  const token = tokens.mintAccess(userId, sessionId)
  const actor = { kind: 'user', userId, sessionId, expiresAt: START + ACCESS_TOKEN_SECONDS * 1000 }
  expect(tokens.verify(token)).toEqual(actor)
  clock.now = START + ACCESS_TOKEN_SECONDS * 1000 - 1
  expect(tokens.verify(token)).toEqual(actor)
  clock.now = START + ACCESS_TOKEN_SECONDS * 1000
  expect(() => tokens.verify(token)).toThrow(unauthenticated)
  clock.now = START
})

test('a room token speaks for a host’s user in one room', () => {
  const { token, expiresAt } = tokens.mintRoom(roomRequest)
  const { ttlSeconds, ...actor } = roomRequest
  expect(expiresAt).toBe(START + ttlSeconds * 1000)
  expect(tokens.verify(token)).toEqual({ kind: 'room-token', ...actor, expiresAt })
})

test.each(['ada', 'eve:user-7', 'owner', 'owner2:user-7'])(
  'a room token cannot speak for %s, who is no user of who minted it',
  (stranger) => {
    const { token } = tokens.mintRoom({ ...roomRequest, userId: userIdSchema.parse(stranger) })
    expect(() => tokens.verify(token)).toThrow(unauthenticated)
  },
)

test('a device is known for the account that was signed in to on it, and for no other', () => {
  const [device, other] = [tokens.mintDevice('ada@example.org'), tokens.mintDevice('ada@example.org')]
  const name = tokens.findDevice(device, 'ada@example.org')
  expect(name).toMatch(/^[\w-]{22}$/)
  expect(tokens.findDevice(other, 'ada@example.org')).not.toBe(name)
  expect(tokens.findDevice(device, 'eve@example.org')).toBeUndefined()
  for (const forged of ['', '.', `${name}.`, `x${device}`, `${device}x`, device.slice(0, -1)]) {
    expect(tokens.findDevice(forged, 'ada@example.org')).toBeUndefined()
  }
})

test('a token forged as these tests forge is otherwise good', () => {
  expect(tokens.verify(forge({ alg: 'HS256', typ: 'JWT' }, claims))).toMatchObject({ kind: 'user' })
})

const { publicKey, privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
})
const { exp: _, ...eternal } = claims
const REFUSED: Array<[what: string, token: string]> = [
  ['nothing', ''],
  ['noise', 'a.b.c'],
  ['no algorithm', `${encode({ alg: 'none' })}.${encode(claims)}.`],
  ['no algorithm, in other letters', `${encode({ alg: 'nOnE' })}.${encode(claims)}.`],
  ['no algorithm with a signature', forge({ alg: 'none' }, claims)],
  ['another HMAC', jwt.sign(claims, secret, { algorithm: 'HS512' })],
  ['an RSA signature', jwt.sign(claims, privateKey, { algorithm: 'RS256' })],
  ['RSA named, HMAC meant', forge({ alg: 'RS256' }, claims)],
  ['an HMAC with a public key', forge({ alg: 'HS256' }, claims, publicKey)],
  ['a foreign secret', jwt.sign(claims, 'another secret of the same kind')],
  ['a key from elsewhere', forge({ alg: 'HS256', jku: 'https://evil.example/keys' }, claims, 'evil')],
  ['a key of its own', forge({ alg: 'HS256', jwk: { kty: 'oct', k: 'ZXZpbA' } }, claims, 'evil')],
  ['no expiry', jwt.sign(eternal, secret)],
  ['a wrong audience', jwt.sign({ ...claims, aud: 'sketchroom:refresh' }, secret)],
  ['two audiences', jwt.sign({ ...claims, aud: ['sketchroom:access', 'sketchroom:room'] }, secret)],
  ['no audience', jwt.sign({ ...claims, aud: undefined }, secret)],
  ['a wrong issuer', jwt.sign({ ...claims, iss: 'somebody' }, secret)],
  ['no sign-in', jwt.sign({ ...claims, sid: undefined }, secret)],
  ['the audience of a room without a room', jwt.sign({ ...claims, aud: 'sketchroom:room' }, secret)],
  ['a refresh token', tokens.mintRefresh(sessionId, Buffer.alloc(32))],
]

test.each(REFUSED)('a token with %s is refused', (_what, token) => {
  expect(() => tokens.verify(token)).toThrow(unauthenticated)
})

test('a room token cannot make an owner', () => {
  const { ttlSeconds: _ttl, userId: sub, roomId: room, mintedBy: by, ...rest } = roomRequest
  const owner = { ...rest, iss: 'sketchroom', aud: 'sketchroom:room', sub, room, by, exp: seconds + 60 }
  expect(tokens.verify(jwt.sign(owner, secret))).toMatchObject({ role: 'viewer' })
  expect(() => tokens.verify(jwt.sign({ ...owner, role: 'owner' }, secret))).toThrow(unauthenticated)
})

test('a refresh token names its session to the server that made it, and only whole', () => {
  expect(tokens.readRefresh(tokens.mintRefresh(sessionId, Buffer.alloc(32)))).toEqual({ sessionId, at: undefined })
  const token = tokens.mintRefresh(sessionId, Buffer.alloc(32), 1_800_000_000_000)
  expect(tokens.readRefresh(token)).toEqual({ sessionId, at: 1_800_000_000_000 })
  expect(createTokens({ secret: 'another secret of the same kind', now: Date.now }).readRefresh(token)).toBe(undefined)
  for (let at = 0; at < token.length; at++) {
    const other = token[at] === 'x' ? 'y' : 'x'
    expect(tokens.readRefresh(token.slice(0, at) + other + token.slice(at + 1))).toBe(undefined)
    expect(tokens.readRefresh(token.slice(0, at))).toBe(undefined)
  }
})
