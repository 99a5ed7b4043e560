import type { DocumentStore } from '../ports/document-store.ts'

/** What a test does to each call of a store: holds it, fails it, or lets `work` go on. */
export type Around<Store> = <T>(call: keyof Store, work: () => Promise<T>, args: readonly unknown[]) => Promise<T>

/** A real store whose every call goes through `around`. */
export function aroundStore<Store extends object = DocumentStore>(store: Store, around: Around<Store>): Store {
  return new Proxy(store, {
    get(target, name) {
      const call = name as keyof Store
      const method = target[call] as (...args: readonly unknown[]) => Promise<unknown>
      return (...args: readonly unknown[]) => around(call, () => method.apply(target, args as never), args)
    },
  })
}
