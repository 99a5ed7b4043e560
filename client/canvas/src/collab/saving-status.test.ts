import { describe, expect, test } from 'vitest'
import { isSameStatus, savingStatus, type Link, type SavingFacts, type SavingStatus } from './saving-status.ts'

const LINKS: Link[] = [
  { state: 'connecting' },
  { state: 'offline' },
  { state: 'joined' },
  { state: 'store-failing' },
  { state: 'no-access', reason: 'forbidden' },
]

function* allFacts(): Generator<SavingFacts> {
  const both = [false, true]
  for (const link of LINKS)
    for (const role of [undefined, 'viewer', 'editor', 'owner'] as const)
      for (const downloaded of both)
        for (const caughtUp of both)
          for (const storeFailing of both)
            for (const kept of both)
              for (const pending of [0, 3]) yield { link, role, downloaded, caughtUp, storeFailing, kept, pending }
}

/** The rules as prose has them, each by itself; the first that speaks is right. */
function expected(facts: SavingFacts): SavingStatus {
  const { link, role, downloaded, caughtUp, storeFailing, kept, pending } = facts
  const rules: Array<[boolean, SavingStatus]> = [
    [link.state === 'no-access', { kind: 'no-access', reason: 'forbidden', pending, kept }],
    [link.state === 'connecting', { kind: 'connecting', pending, kept }],
    [link.state === 'offline', { kind: 'offline', pending, kept }],
    [link.state === 'store-failing', { kind: 'store-failing', pending, kept }],
    [role === 'viewer' && downloaded, { kind: 'read-only', pending, kept }],
    [storeFailing, { kind: 'store-failing', pending, kept }],
    [!downloaded, { kind: 'connecting', pending, kept }],
    [pending > 0, { kind: 'saving', pending, kept }],
    [!caughtUp, { kind: 'connecting', pending, kept }],
    [true, { kind: 'saved' }],
  ]
  return rules.find(([applies]) => applies)![1]
}

describe('the status', () => {
  test('follows the rules in all 640 combinations of the facts', () => {
    const all = [...allFacts()]
    expect(all).toHaveLength(640)
    for (const facts of all) expect(savingStatus(facts), JSON.stringify(facts)).toEqual(expected(facts))
  })

  test('is never "saved" with anything pending, not joined, not in step, read-only, or the store failing', () => {
    const saved = [...allFacts()].filter((facts) => savingStatus(facts).kind === 'saved')
    expect(saved.length).toBeGreaterThan(0)
    for (const facts of saved) {
      expect(facts).toMatchObject({
        link: { state: 'joined' },
        downloaded: true,
        caughtUp: true,
        storeFailing: false,
        pending: 0,
      })
      expect(facts.role).not.toBe('viewer')
    }
  })

  test('counts as the same only when it says the same', () => {
    const saving = { kind: 'saving', pending: 1, kept: true } as const
    expect(isSameStatus(saving, { ...saving })).toBe(true)
    expect(isSameStatus({ kind: 'saved' }, { kind: 'saved' })).toBe(true)
    expect(isSameStatus(saving, { kind: 'saved' })).toBe(false)
    expect(isSameStatus(saving, { ...saving, kind: 'offline' })).toBe(false)
    expect(isSameStatus(saving, { ...saving, pending: 2 })).toBe(false)
    expect(isSameStatus(saving, { ...saving, kept: false })).toBe(false)
    const gone = { kind: 'no-access', reason: 'forbidden', pending: 0, kept: true } as const
    expect(isSameStatus(gone, { ...gone, reason: 'room_deleted' })).toBe(false)
  })
})
