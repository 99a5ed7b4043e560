import { describe, expect, test } from 'vitest'
import type { Link } from './room-connection.ts'
import { isSameStatus, savingStatus, type SavingFacts, type SavingStatus } from './saving-status.ts'

const LINKS: Link[] = [
  { state: 'connecting' },
  { state: 'offline' },
  { state: 'joined' },
  { state: 'store-failing' },
  { state: 'crowded' },
  { state: 'no-access', reason: 'forbidden' },
  { state: 'no-access', reason: 'client_outdated' },
]
const FAR = { done: 3, total: 4 }
const LESS_FAR = { done: 1, total: 4 }

function* allFacts(): Generator<SavingFacts> {
  const both = [false, true]
  for (const link of LINKS)
    for (const role of [undefined, 'viewer', 'editor', 'owner'] as const)
      for (const here of both)
        for (const downloaded of both)
          for (const caughtUp of both)
            for (const [storeFailing, crowded] of [
              [false, false],
              [true, false],
              [false, true],
            ] as const)
              for (const stored of both)
                for (const unsent of [0, 3])
                  for (const [outdated, damaged] of [
                    [false, false],
                    [false, true],
                    [true, true],
                  ] as const)
                    for (const [refusal, downloading, uploading] of [
                      [undefined, undefined, undefined],
                      [undefined, FAR, LESS_FAR],
                      ['board_full', FAR, LESS_FAR],
                    ] as const)
                      yield {
                        link,
                        role,
                        here,
                        downloaded,
                        caughtUp,
                        storeFailing,
                        crowded,
                        stored,
                        unsent,
                        outdated,
                        refusal,
                        damaged,
                        downloading,
                        uploading,
                      }
}

/** The rules as prose has them, each by itself; the first that speaks is right. */
function expected(facts: SavingFacts): SavingStatus {
  const { link, role, downloaded, caughtUp, storeFailing, crowded, refusal, stored, unsent, outdated, damaged } = facts
  const { downloading, uploading } = facts
  const down = downloading ? { progress: downloading } : {}
  const up = uploading ? { progress: uploading } : {}
  const rules: Array<[boolean, SavingStatus]> = [
    [outdated, { kind: 'outdated', unsent, stored }],
    [link.state === 'no-access' && link.reason === 'client_outdated', { kind: 'outdated', unsent, stored }],
    [link.state === 'no-access', { kind: 'no-access', reason: 'forbidden', unsent, stored }],
    [link.state === 'connecting', { kind: 'connecting', unsent, stored }],
    [link.state === 'offline' && !facts.here && unsent === 0, { kind: 'not-here', unsent, stored }],
    [link.state === 'offline', { kind: 'offline', unsent, stored }],
    [link.state === 'store-failing', { kind: 'store-failing', unsent, stored }],
    [link.state === 'crowded', { kind: 'crowded', unsent, stored }],
    [role === 'viewer' && downloaded && (unsent > 0 || !damaged), { kind: 'read-only', unsent, stored }],
    [crowded, { kind: 'crowded', unsent, stored }],
    [storeFailing, { kind: 'store-failing', unsent, stored }],
    [downloaded && unsent > 0 && refusal !== undefined, { kind: 'refused', reason: 'board_full', unsent, stored }],
    [damaged, { kind: 'damaged', unsent, stored }],
    [!downloaded, { kind: 'connecting', unsent, stored, ...down }],
    [unsent > 0, { kind: 'saving', unsent, stored, ...up }],
    [!caughtUp, { kind: 'connecting', unsent, stored, ...down }],
    [true, { kind: 'saved' }],
  ]
  return rules.find(([applies]) => applies)![1]
}

describe('the status', () => {
  test('follows the rules in all 24192 combinations of the facts', () => {
    const all = [...allFacts()]
    expect(all).toHaveLength(24192)
    for (const facts of all) expect(savingStatus(facts), JSON.stringify(facts)).toEqual(expected(facts))
  })

  test('is never "saved" with anything unsent, not joined, not in step, read-only, damaged, crowded, or the store failing', () => {
    const saved = [...allFacts()].filter((facts) => savingStatus(facts).kind === 'saved')
    expect(saved.length).toBeGreaterThan(0)
    for (const facts of saved) {
      expect(facts).toMatchObject({
        link: { state: 'joined' },
        downloaded: true,
        caughtUp: true,
        storeFailing: false,
        crowded: false,
        outdated: false,
        damaged: false,
        unsent: 0,
      })
      expect(facts.role).not.toBe('viewer')
    }
  })

  test('counts as the same only when it says the same', () => {
    const saving = { kind: 'saving', unsent: 1, stored: true } as const
    expect(isSameStatus(saving, { ...saving })).toBe(true)
    expect(isSameStatus({ kind: 'saved' }, { kind: 'saved' })).toBe(true)
    expect(isSameStatus(saving, { kind: 'saved' })).toBe(false)
    expect(isSameStatus(saving, { ...saving, kind: 'offline' })).toBe(false)
    expect(isSameStatus(saving, { ...saving, unsent: 2 })).toBe(false)
    expect(isSameStatus(saving, { ...saving, stored: false })).toBe(false)
    expect(isSameStatus({ ...saving, progress: FAR }, { ...saving, progress: { ...FAR } })).toBe(true)
    expect(isSameStatus({ ...saving, progress: FAR }, { ...saving, progress: LESS_FAR })).toBe(false)
    expect(isSameStatus({ ...saving, progress: FAR }, saving)).toBe(false)
    const gone = { kind: 'no-access', reason: 'forbidden', unsent: 0, stored: true } as const
    expect(isSameStatus(gone, { ...gone, reason: 'room_deleted' })).toBe(false)
  })
})
