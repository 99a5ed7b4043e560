import type { z } from 'zod'

/**
 * What this browser remembers between visits. Storage may be switched off, full, or hold what an older
 * version wrote; then nothing is remembered and nothing fails.
 */
export interface DeviceStorage {
  /** What the names of all that this app keeps in the browser begin with: see `storageNamespace`. */
  readonly namespace: string
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

/** The name under which an entry lies in the browser: other apps on the same host keep theirs beside it. */
export function storageKey(namespace: string, key: string): string {
  return `${namespace}.${key}`
}

/** Wraps a `Storage`; `open` is called once and may throw, as `window.localStorage` does when it is blocked. */
export function createDeviceStorage(open: () => Storage, namespace = 'sketchroom'): DeviceStorage {
  const keyOf = (key: string) => storageKey(namespace, key)
  const storage = findWorkingStorage(open, keyOf('probe'))
  return {
    namespace,
    works: storage !== undefined,
    find(key, schema) {
      try {
        const text = storage?.getItem(keyOf(key))
        return text ? schema.safeParse(JSON.parse(text)).data : undefined
      } catch {
        // Unreadable is the same as absent: the server has what matters.
        return undefined
      }
    },
    keep(key, value) {
      try {
        storage?.setItem(keyOf(key), JSON.stringify(value))
        return storage !== undefined
      } catch {
        // The quota is used up. The caller learns it and goes on without.
        return false
      }
    },
    forget(key) {
      try {
        storage?.removeItem(keyOf(key))
      } catch {
        // Storage that was blocked in the meantime holds nothing we could read either.
      }
    },
    forgetAll() {
      if (!storage) return
      try {
        const keys = Array.from({ length: storage.length }, (_, i) => storage.key(i))
        for (const key of keys) if (key?.startsWith(keyOf(''))) storage.removeItem(key)
      } catch {
        // As in `forget`.
      }
    },
  }
}

function findWorkingStorage(open: () => Storage, probe: string): Storage | undefined {
  try {
    const storage = open()
    storage.setItem(probe, '1')
    storage.removeItem(probe)
    return storage
  } catch {
    // Blocked by the browser's settings: see the interface.
    return undefined
  }
}
