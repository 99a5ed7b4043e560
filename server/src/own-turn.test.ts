import { expect, test } from 'vitest'
import { ownTurn } from './own-turn.ts'

test('each of a crowd has a turn of its own, in the order of asking, and others are heard in between', async () => {
  const heard: string[] = []
  const listen = () => {
    heard.push('others')
    if (!heard.includes('Cem')) setImmediate(listen)
  }
  const crowd = ['Ada', 'Bob', 'Cem'].map((name) => ownTurn().then(() => heard.push(name)))
  setImmediate(listen)
  await Promise.all(crowd)
  expect(heard.join(' ')).toMatch(/^(others )*Ada (others )+Bob (others )+Cem$/)
})

test('who asks later is let in too', async () => {
  await ownTurn()
  await ownTurn()
  const [first, second] = [ownTurn(), ownTurn()]
  await first
  await Promise.all([second, ownTurn()])
})
