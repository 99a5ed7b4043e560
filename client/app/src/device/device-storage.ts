import type { z } from 'zod'

/**
 * What this browser remembers between visits. Storage may be switched off, full, or hold what an older
 * version wrote; then nothing is remembered and nothing fails.
 */
export interface DeviceStorage {
  /** Whether anything can be remembered at all. */
  readonly works: boolean
  /** Reads and checks an entry; undefined when there is none that fits the schema. */
  find<T>(key: string, schema: z.ZodType<T>): T | undefined
  /** Writes an entry; false when it could not be kept. */
  keep(key: string, value: unknown): boolean
  forget(key: string): void
  /** Forgets every entry of SketchRoom. */
  forgetAll(): void
}

/** All our keys begin with this, so that other apps on the same host keep theirs. */
export const DEVICE_KEY_PREFIX = 'sketchroom.'

const PROBE_KEY = `${DEVICE_KEY_PREFIX}probe`

/** Wraps a `Storage`; `open` is called once and may throw, as `window.localStorage` does when it is blocked. */
export function createDeviceStorage(open: () => Storage): DeviceStorage {
  const storage = findWorkingStorage(open)
  return {
    works: storage !== undefined,
    find(key, schema) {
      try {
        const text = storage?.getItem(DEVICE_KEY_PREFIX + key)
        return text ? schema.safeParse(JSON.parse(text)).data : undefined
      } catch {
        // Unreadable is the same as absent: the server has what matters.
        return undefined
      }
    },
    keep(key, value) {
      try {
        storage?.setItem(DEVICE_KEY_PREFIX + key, JSON.stringify(value))
        return storage !== undefined
      } catch {
        // The quota is used up. The caller learns it and goes on without.
        return false
      }
    },
    forget(key) {
      try {
        storage?.removeItem(DEVICE_KEY_PREFIX + key)
      } catch {
        // Storage that was blocked in the meantime holds nothing we could read either.
      }
    },
    forgetAll() {
      if (!storage) return
      try {
        const keys = Array.from({ length: storage.length }, (_, i) => storage.key(i))
        for (const key of keys) if (key?.startsWith(DEVICE_KEY_PREFIX)) storage.removeItem(key)
      } catch {
        // As in `forget`.
      }
    },
  }
}

function findWorkingStorage(open: () => Storage): Storage | undefined {
  try {
    const storage = open()
    storage.setItem(PROBE_KEY, '1')
    storage.removeItem(PROBE_KEY)
    return storage
  } catch {
    // Blocked by the browser's settings: see the interface.
    return undefined
  }
}
