import * as Y from 'yjs'
import { Board } from './board.ts'

/** Two people at one board. Online, each hears of the other at once; offline, when they are online again. */
export class TwoBoards {
  readonly people: readonly [ada: Board, bob: Board]
  #isOnline = true
  readonly #unsent: [to: Board, update: Uint8Array][] = []

  /** `ada` has what is there in the beginning. */
  constructor(ada: Board = new Board()) {
    const bob = new Board()
    Y.applyUpdate(bob.doc, Y.encodeStateAsUpdate(ada.doc), 'network')
    this.people = [ada, bob]
    this.#connect(ada, bob)
    this.#connect(bob, ada)
    this.pass(1_000)
  }

  /** Lets time pass for both, in milliseconds. */
  pass(ms: number): void {
    for (const { clock } of this.people) clock.advance(ms)
  }

  setOnline(isOnline: boolean): void {
    this.#isOnline = isOnline
    if (isOnline) for (const [to, update] of this.#unsent.splice(0)) Y.applyUpdate(to.doc, update, 'network')
  }

  /** Of two who are offline, has each hear of all that the other has done. */
  meet(): void {
    this.pass(1_000)
    this.setOnline(true)
    this.pass(1_000)
    this.setOnline(false)
  }

  #connect(from: Board, to: Board): void {
    from.doc.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin === 'network') return
      if (this.#isOnline) Y.applyUpdate(to.doc, update, 'network')
      else this.#unsent.push([to, update])
    })
  }
}
