import type { BrowserContext } from 'playwright-core'
import { expect, vi } from 'vitest'
import type { BoardActor } from './board-actor.ts'
import { SOON } from './soon.ts'
import type { Stage } from './stage.ts'

const cut = new WeakSet<BrowserContext>()

/**
 * Lets somebody in whose line can be cut for good. A browser that plays being offline forgets that for a moment in a page
 * that is being left: on a slow machine what was drawn there still goes out.
 */
export async function enterByOwnLine(stage: Stage): Promise<BoardActor> {
  const person = await stage.enter()
  const context = person.page.context()
  await context.routeWebSocket(/\/sync/, (socket) => {
    if (cut.has(context)) void socket.close()
    else socket.connectToServer()
  })
  return person
}

/** Takes the network away from a board that is open, and resolves when it has noticed: until then it would send. */
export async function cutLine(person: BoardActor): Promise<void> {
  const context = person.page.context()
  cut.add(context)
  await context.setOffline(true)
  await vi.waitFor(async () => expect(await person.status()).toBe('Offline'), SOON)
}

/** Lets through again what has nothing to do with drawing: pages and requests. */
export async function mendRequests({ page }: BoardActor): Promise<void> {
  await page.context().setOffline(false)
}

/** Gives the network back. */
export async function mendLine(person: BoardActor): Promise<void> {
  cut.delete(person.page.context())
  await mendRequests(person)
}
