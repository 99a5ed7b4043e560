import { z } from 'zod'
import type { DeviceStorage } from '../device/device-storage.ts'

const STORAGE_KEY = 'refresh-attempt'

/**
 * The key of an attempt to trade the refresh token. The server takes a token once; when its answer is lost in
 * a tunnel, or with the tab, only the same key tells the next try from a thief's.
 */
export interface RefreshAttempt {
  /** The key of the attempt that is still without an answer, or else of a new one. */
  begin(): string
  /** The answer is here: the next attempt is another. */
  end(): void
}

/** Keeps the key on the device, for the next tab too, and in memory where the device keeps nothing. */
export function createRefreshAttempt(storage: DeviceStorage): RefreshAttempt {
  let held: string | undefined
  return {
    begin() {
      held = storage.find(STORAGE_KEY, z.string()) ?? held ?? newKey()
      storage.keep(STORAGE_KEY, held)
      return held
    },
    end() {
      held = undefined
      storage.forget(STORAGE_KEY)
    },
  }
}

/** 128 random bits. `crypto.randomUUID` is missing on plain http, where a self-hosted server may live. */
function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
