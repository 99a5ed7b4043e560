import { EventEmitter } from 'node:events'
import type { BusEvents, InstanceBus } from '../../ports/instance-bus.ts'

const nothing = (): void => undefined

/** The bus of an instance that is the only one, or cannot speak with the others: it hears nothing. */
export function createLoneInstance(): InstanceBus {
  return {
    heard: new EventEmitter<BusEvents>(),
    isUp: false,
    follow: () => new Promise(nothing),
    unfollow: nothing,
    shareCommit: nothing,
    shareAwareness: nothing,
    answerAwareness: nothing,
    askAwareness: nothing,
    shareStays: nothing,
    staysElsewhere: async () => new Map(),
    notify: nothing,
    close: async () => undefined,
  }
}
