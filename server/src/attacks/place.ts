import { setTimeout as wait } from 'node:timers/promises'
import type { ClientOptions } from 'ws'
import { RawClient } from '../testing/raw-client.ts'
import type { ApiCaller } from '../testing/test-server.ts'

/** The server that is attacked. */
export interface Place {
  readonly api: ApiCaller
  readonly syncUrl: string
  readonly port: number
}

/** Whether something came to be true within so many milliseconds. */
export async function until(isSo: () => boolean, milliseconds: number): Promise<boolean> {
  const deadline = performance.now() + milliseconds
  while (!isSo()) {
    if (performance.now() > deadline) return false
    await wait(5)
  }
  return true
}

/** Lets somebody into a room; throws when that does not come to pass within half a minute. */
export async function comeIn(
  { syncUrl }: Pick<Place, 'syncUrl'>,
  roomId: string,
  token: string,
  options: ClientOptions = {},
): Promise<RawClient> {
  const client = new RawClient(syncUrl, roomId, options)
  // What is sent to who attacks is not looked at.
  client.onFault = () => undefined
  await client.join(token)
  if (!(await until(() => client.notices.some(({ type }) => type === 'role'), 30_000)))
    throw new Error('nobody is let in')
  return client
}

/** Sends a write; resolves with its answer, or with that the connection has ended or nothing came. */
export async function write(client: RawClient, update: Uint8Array): Promise<string> {
  const before = client.answers.length
  client.write(update)
  await until(() => client.answers.length > before || !client.isOpen, 60_000)
  return client.answers[before] ?? (client.isOpen ? 'no answer' : 'closed')
}
