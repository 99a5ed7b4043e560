import { UnsentEdits } from '../../../client/canvas/src/collab/edits.ts'
import type { RedisBus } from '../adapters/redis/redis-bus.ts'
import type { AccessEpochs } from '../core/rooms/access-epochs.ts'
import type { Admission, Admitted } from '../core/rooms/admission.ts'
import type { BusEvents } from '../ports/instance-bus.ts'
import type { DocumentStore } from '../ports/document-store.ts'

/** Something that is wrong in a house, put in from outside: between two parts, or in place of one. */
export interface PlantedBug {
  readonly name: string
  /** Stands between an instance and its documents. */
  documents?(store: DocumentStore): DocumentStore
  /** What an instance's bus hears. */
  bus?(bus: RedisBus): void
  /** Stands in the way in. */
  admission?(admission: Admission, epochs: AccessEpochs): Admission
  /** No device stores anything. */
  readonly isForgetful?: boolean
  /** Does something to what all houses share; the answer takes it back. */
  plant?(): () => void
}

/** A store of which some methods are others. */
function instead(store: DocumentStore, methods: Partial<DocumentStore>): DocumentStore {
  return new Proxy(store, {
    get(target, name) {
      const method: unknown = Reflect.get(methods, name) ?? Reflect.get(target, name)
      return typeof method === 'function' ? method.bind(target) : method
    },
  })
}

/** A bus on which some of what is heard is not told. */
function deafTo(bus: RedisBus, isLost: (event: keyof BusEvents) => boolean): void {
  const { heard } = bus
  const emit = heard.emit.bind(heard) as (event: keyof BusEvents, ...args: unknown[]) => boolean
  const emitHeard = (event: keyof BusEvents, ...args: unknown[]) => !isLost(event) && emit(event, ...args)
  Object.assign(heard, { emit: emitHeard })
}

/** Each must be found; docs/reliability.md says at which seed. */
export const PLANTED_BUGS: readonly PlantedBug[] = [
  {
    name: 'an acknowledgement before its commit',
    documents: (store) =>
      instead(store, {
        async append(batch) {
          const heads = await store.headsOf(batch.rooms.map(({ roomId }) => roomId))
          void store.append(batch).catch(() => undefined)
          return new Map(batch.rooms.map(({ roomId }) => [roomId, (heads.get(roomId) ?? 0) + 1]))
        },
      }),
  },
  {
    name: 'a commit that leaves out its last update',
    documents: (store) =>
      instead(store, {
        append: ({ id, rooms }) =>
          store.append({
            id,
            rooms: rooms.map(({ roomId, entries }) => ({
              roomId,
              entries: entries.slice(0, Math.max(1, entries.length - 1)),
            })),
          }),
      }),
  },
  {
    name: 'a batch that is tried again under another id',
    documents: (store) => {
      const attempts = new Map<string, number>()
      return instead(store, {
        append({ id, rooms }) {
          const attempt = (attempts.get(id) ?? 0) + 1
          attempts.set(id, attempt)
          return store.append({ id: `${id}-${attempt}`, rooms })
        },
      })
    },
  },
  {
    name: 'an answer with the number after the one that was given',
    documents: (store) =>
      instead(store, {
        append: async (batch) => new Map([...(await store.append(batch))].map(([roomId, seq]) => [roomId, seq + 1])),
      }),
  },
  {
    name: 'a lost message that nobody looks for',
    documents: (store) => instead(store, { headsOf: async () => new Map() }),
    bus: (bus) => deafTo(bus, (event) => event === 'committed' && Math.random() < 0.2),
  },
  {
    name: 'a gap that is not read whole',
    documents: (store) =>
      instead(store, {
        async readSince(roomId, seq) {
          const updates = await store.readSince(roomId, seq)
          return updates.length > 1 ? updates.slice(1) : updates
        },
      }),
  },
  {
    name: 'a room that is opened without what came after its snapshot',
    documents: (store) =>
      instead(store, {
        async load(roomId) {
          const stored = await store.load(roomId)
          return stored.snapshot ? { ...stored, tail: [] } : stored
        },
      }),
  },
  {
    name: 'a change of access that is lost, and not asked about',
    bus: (bus) => deafTo(bus, (event) => event === 'missed' || (event === 'notice' && Math.random() < 0.5)),
  },
  {
    name: 'somebody who is let in because they were before',
    admission(admission, epochs) {
      const remembered = new Map<string, Admitted>()
      const admit: Admission['admit'] = async (token, roomId, approach) => {
        const key = `${roomId} ${token}`
        const admitted = remembered.get(key) ?? (await admission.admit(token, roomId, approach))
        remembered.set(key, admitted)
        // Said to be of now: otherwise it would be asked for again and again.
        return { ...admitted, epoch: epochs.of(roomId) }
      }
      return { ...admission, admit }
    },
  },
  {
    name: 'a device that forgets what waits when the page is loaded anew',
    isForgetful: true,
  },
  {
    name: 'a client that takes one answer for all',
    plant() {
      // oxlint-disable-next-line typescript/unbound-method -- it is put back where it was
      const { becameDurable } = UnsentEdits.prototype
      UnsentEdits.prototype.becameDurable = function (clocks) {
        const all = clocks.size === 0 ? [] : [...this].map(({ client, clock }) => [client, clock] as const)
        return becameDurable.call(this, new Map([...clocks, ...all]))
      }
      return () => void (UnsentEdits.prototype.becameDurable = becameDurable)
    },
  },
]
