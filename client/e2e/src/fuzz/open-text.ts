import type { Page } from 'playwright-core'
import { OPEN_TEXT } from './sight.ts'

/** Puts the caret of the open text somewhere; `all` leaves everything selected, as the editor does. */
export async function placeCaret(page: Page, where: 'start' | 'end' | 'middle' | 'all'): Promise<void> {
  await page.evaluate(
    ([selector, place]) => {
      const text = document.querySelector<HTMLTextAreaElement>(selector)
      if (!text || place === 'all') return
      // Never behind a word that somebody is in the middle of: who types there splits it, and means to.
      const gaps = [...text.value.matchAll(/(?<=j[bcmnuz]+y)(?=\s|$)/g)].map(({ index }) => index)
      const at = place === 'start' ? 0 : place === 'end' ? gaps.at(-1) : gaps[Math.floor(gaps.length / 2)]
      text.setSelectionRange(at ?? 0, at ?? 0)
    },
    [OPEN_TEXT, where] as const,
  )
}

/** Types a word into the open text; answers what the text says then. */
export async function typeWord(page: Page, word: string): Promise<string> {
  await page.keyboard.type(` ${word} `, { delay: 20 })
  return page.evaluate((selector) => document.querySelector<HTMLTextAreaElement>(selector)?.value ?? '', OPEN_TEXT)
}

/** Selects a word of the open text, to be rubbed out; undefined when there is none. */
export async function selectWord(page: Page, pick: number): Promise<string | undefined> {
  return page.evaluate(
    ({ selector, where }) => {
      const text = document.querySelector<HTMLTextAreaElement>(selector)
      const words = text?.value.match(/j[bcmnuz]+y/g) ?? []
      const chosen = words[Math.floor(where * words.length)]
      if (!text || chosen === undefined) return undefined
      const at = text.value.indexOf(chosen)
      text.setSelectionRange(at, at + chosen.length)
      return chosen
    },
    { selector: OPEN_TEXT, where: pick },
  )
}
