import type { RoomId } from '@sketchroom/shared/ids'
import type { EventBus } from '../events.ts'

/** So many counters are shared by all rooms: two rooms that share one are only asked about once more than they need. */
const COUNTERS = 4096

/**
 * Numbers that rise with each change of access: whoever was judged at an epoch that is still the room's was judged by
 * what holds now, however long it took. No clock decides that.
 */
export class AccessEpochs {
  readonly #ofRooms = new Float64Array(COUNTERS)
  /** Sign-outs, and new names, concern whoever is being let in anywhere. */
  #ofPeople = 0

  constructor(events: EventBus) {
    const raise = (roomId: RoomId) => {
      const counter = counterOf(roomId)
      this.#ofRooms[counter] = (this.#ofRooms[counter] ?? 0) + 1
    }
    events.on('accessChanged', raise)
    events.on('roomDeleted', raise)
    events.on('sessionRevoked', () => (this.#ofPeople += 1))
    events.on('userRenamed', () => (this.#ofPeople += 1))
  }

  /** Something may have changed that was not heard of here: whoever is being judged is judged anew. */
  raiseAll(): void {
    this.#ofPeople += 1
  }

  /** The epoch of a room now. Both numbers in it only rise, so that their sum tells of any change. */
  of(roomId: RoomId): number {
    return (this.#ofRooms[counterOf(roomId)] ?? 0) + this.#ofPeople
  }
}

function counterOf(roomId: RoomId): number {
  let hash = 0
  for (let index = 0; index < roomId.length; index++) hash = (Math.imul(hash, 31) + roomId.charCodeAt(index)) | 0
  return (hash >>> 0) % COUNTERS
}
