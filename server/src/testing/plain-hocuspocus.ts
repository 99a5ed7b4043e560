import { Server } from '@hocuspocus/server'
import { onTestFinished } from 'vitest'
import type { ClientOptions } from 'ws'
import { RawClient } from './raw-client.ts'

/**
 * A Hocuspocus as it is shipped, to try on it what is tried on ours: it takes every update that decodes. Lets somebody in,
 * by the room's name; it is stopped when the test ends.
 */
export async function startPlainHocuspocus() {
  const server = new Server({ port: 0, address: '127.0.0.1', quiet: true, stopOnSignals: false })
  await server.listen()
  onTestFinished(() => server.destroy().then(() => undefined))
  const url = `ws://127.0.0.1:${server.address.port}`
  const join = async (
    room: string,
    prepare: (client: RawClient) => void = () => undefined,
    options: ClientOptions = {},
  ): Promise<RawClient> => {
    const client = new RawClient(url, room, options)
    onTestFinished(() => client.terminate())
    prepare(client)
    const authenticated = new Promise<void>((resolve) => (client.onAuthenticated = resolve))
    await client.join('anyone')
    await authenticated
    return client
  }
  return { url, join }
}
