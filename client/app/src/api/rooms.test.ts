import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import type { Room } from '@sketchroom/shared/api/rooms'
import { roomIdSchema } from '@sketchroom/shared/ids'
import { createHttp } from './http.ts'
import { createRoomsApi } from './rooms.ts'

const closers: Array<() => void> = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

/** The API of a server that says "not found" to each board, and lists these deleted ones, one on a page. */
async function connectTo(deleted: readonly string[]) {
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost')
    if (pathname.endsWith('/rooms') && searchParams.get('archived') === 'true') {
      const page = Number(searchParams.get('cursor') ?? 0)
      const nextCursor = page + 1 < deleted.length ? String(page + 1) : null
      response.end(JSON.stringify({ data: deleted.slice(page, page + 1).map(deletedRoom), nextCursor }))
    } else {
      response.writeHead(404, { 'content-type': 'application/problem+json' })
      response.end(JSON.stringify({ type: 'x', title: 'Not found', status: 404, code: 'not_found' }))
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return createRoomsApi(createHttp({ serverUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }))
}

const deletedRoom = (id: string): Room => ({
  id: roomIdSchema.parse(id),
  name: 'Plan',
  slug: null,
  access: 'private',
  metadata: {},
  role: 'owner',
  createdAt: '2026-01-01T00:00:00.000Z',
  updatedAt: '2026-01-01T00:00:00.000Z',
  deletedAt: '2026-01-02T00:00:00.000Z',
  present: [],
})

test('a board that is not found may be a deleted one of the person’s own, on any page of that list', async () => {
  const rooms = await connectTo(['first-board', 'second-board'])
  await expect(rooms.get(roomIdSchema.parse('second-board'))).resolves.toEqual(deletedRoom('second-board'))
  await expect(rooms.get(roomIdSchema.parse('third-board'))).rejects.toMatchObject({ code: 'not_found' })
})
