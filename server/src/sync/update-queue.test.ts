import { expect, test } from 'vitest'
import { UpdateQueue } from './update-queue.ts'

/** A queue to a client that takes so much at a time as the test says. */
function open() {
  const sent: string[] = []
  let room = 0
  let go: () => void = () => undefined
  const send = (what: string) => {
    room -= 1
    sent.push(what)
  }
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString()
  const queue = new UpdateQueue({
    writer: {
      get hasRoom() {
        return room > 0
      },
      onceRoom: (callback) => (go = callback),
      write: (message) => send(text(message)),
    },
    writePiece: (_address, piece) => send(text(piece)),
    isOpen: () => true,
  })
  return {
    queue,
    sent,
    news: (address: string, what: string) => void queue.sendNews(address, Buffer.from(what)),
    take: (count: number) => {
      room = count
      go()
    },
  }
}

const pieces = (...names: string[]) => names.map((name) => Buffer.from(name))

test('what is ready goes in the order in which it came, whatever room it is of, and an answer that is not holds back its own', () => {
  const { queue, sent, news, take } = open()
  const answered: string[] = []
  const late = queue.sendAnswer('a', undefined, () => answered.push('late'))
  news('a', 'a1')
  news('b', 'b1')
  queue.sendAnswer('c', pieces('c1', 'c2'), () => answered.push('c'))
  news('b', 'b2')
  news('c', 'c3')
  take(2)
  expect([sent, answered]).toEqual([['b1', 'c1'], []])
  news('b', 'b3')
  take(2)
  expect([sent.slice(2), answered]).toEqual([['c2', 'b2'], ['c']])
  queue.setPieces(late, pieces('a0'))
  take(9)
  expect(sent.slice(4)).toEqual(['a0', 'a1', 'c3', 'b3'])
  expect([answered, queue.isEmpty, queue.bytes]).toEqual([['c', 'late'], true, 0])
})

test('whoever has left is sent nothing more, and nothing of it counts', () => {
  const { queue, sent, news, take } = open()
  const late = queue.sendAnswer('a', undefined, () => sent.push('never'))
  news('a', 'a1')
  news('b', 'b1')
  queue.leave('a')
  queue.setPieces(late, pieces('a0'))
  take(9)
  expect([sent, queue.isEmpty, queue.bytes]).toEqual([['b1'], true, 0])
})

test('what is drawn in a gap is left out, and asked for once when it is reached; elsewhere it goes on', () => {
  const { queue, sent, news, take } = open()
  const reached: string[] = []
  news('a', 'a1')
  queue.leaveGap('a', () => {
    reached.push('a')
    queue.sendAnswer('a', pieces('all of a'), () => undefined)
  })
  queue.leaveGap('b', () => reached.push('b'))
  const before = queue.bytes
  news('a', 'a2')
  news('a', 'a3')
  news('c', 'c1')
  expect(queue.bytes).toBeLessThan(2 * before + 1)
  take(1)
  expect([sent, reached]).toEqual([['a1'], []])
  take(9)
  expect([sent, reached]).toEqual([['a1', 'c1', 'all of a'], ['a']])
  news('a', 'a4')
  expect([sent.at(-1), queue.isEmpty, queue.bytes]).toEqual(['a4', true, 0])
})

test('whoever leaves takes their gap along', () => {
  const { queue, sent, news, take } = open()
  queue.leaveGap('a', () => sent.push('never'))
  news('a', 'a1')
  queue.leave('a')
  news('a', 'a2')
  take(9)
  expect(sent).toEqual(['a2'])
})
