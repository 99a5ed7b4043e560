import { Document } from '@hocuspocus/server'
import * as Y from 'yjs'
import { setWord } from './test-room.ts'

const BREAKING = 'breaking'

/** An update of which one part integrates and the next does not, where `breakRooms` was called. */
export function createBreakingUpdate(): Uint8Array {
  const doc = new Y.Doc()
  for (const word of ['half', BREAKING]) setWord(word)(doc)
  return Y.encodeStateAsUpdate(doc)
}

/**
 * Makes the rooms of this process's servers fail in the middle of such updates, as Yjs did when a stack overflowed: no update
 * is known that the gate takes and Yjs does not. Answers how to make them whole again.
 */
export function breakRooms(): () => void {
  const { integrate } = Y.Item.prototype
  Y.Item.prototype.integrate = function (transaction, offset) {
    if (this.parentSub === BREAKING && transaction.doc instanceof Document) throw new RangeError('a fault of the test')
    integrate.call(this, transaction, offset)
  }
  return () => {
    Y.Item.prototype.integrate = integrate
  }
}
