import type { PresenceUser } from '@sketchroom/shared/presence'
import type { Clock } from './binding/clock.ts'
import { SceneBinding } from './binding/scene-binding.ts'
import type { RoomSession } from './collab/room-session.ts'
import { type Activity, watchActivity } from './presence/activity-watch.ts'
import { motionsOf, peopleOf, type Person, remotePeopleOf } from './presence/people.ts'
import { RoomPresence } from './presence/room-presence.ts'
import type { DrawingSurface, Pointer, Viewport } from './view/drawing-surface.ts'

/** What a board joins. */
export interface SharedBoardOptions {
  readonly session: Pick<RoomSession, 'doc' | 'awareness' | 'setUnwritten'>
  readonly surface: DrawingSurface
  readonly clock: Clock
  readonly writable: boolean
  /** Who this person is, once it is known. */
  readonly getSelf: () => PresenceUser | undefined
  readonly onPeople: (people: readonly Person[]) => void
}

/** A drawing surface joined to a room: its elements to the document, its people to the awareness. */
export class SharedBoard {
  readonly #options: SharedBoardOptions
  readonly #binding: SceneBinding
  readonly #presence: RoomPresence
  readonly #stopWatching: () => void
  readonly #stopWatchingFonts: () => void
  #activity: Activity = 'active'
  #people = ''
  #shownViewport: Viewport | undefined
  #hasMotion = false

  constructor(options: SharedBoardOptions) {
    const { session, surface, clock, writable } = options
    this.#options = options
    this.#presence = new RoomPresence(session.awareness, clock, () => this.#show())
    this.#binding = new SceneBinding({
      doc: session.doc,
      view: surface,
      clock,
      writable,
      onMotion: (motion) => this.#presence.update({ motion: Object.keys(motion).length > 0 ? motion : undefined }),
      onUnwritten: (hasUnwritten) => session.setUnwritten(hasUnwritten),
    })
    this.#stopWatchingFonts = surface.watchFonts(() => this.#binding.fontsCame())
    this.#stopWatching = watchActivity(clock, (activity) => {
      this.#activity = activity
      this.#presence.update({ activity })
    })
    this.surfaceChanged()
    this.#show()
  }

  /** Says that something on the surface may have changed. */
  surfaceChanged(): void {
    const { surface } = this.#options
    this.#binding.noteChange()
    const selection = surface.getSelection()
    this.#presence.update({ selection: selection.length > 0 ? selection : undefined, viewport: surface.getViewport() })
    this.#followViewport()
    this.#tellPeople()
  }

  /** Says where the pointer is. */
  pointerMoved(pointer: Pointer): void {
    this.#presence.update({ pointer })
  }

  /** Says whether the person may draw. */
  setWritable(writable: boolean): void {
    this.#binding.setWritable(writable)
  }

  /** Follows somebody's view; null stops. */
  follow(clientId: number | null): void {
    const name = clientId === null ? undefined : this.#presence.others.get(clientId)?.user?.name
    this.#shownViewport = undefined
    this.#options.surface.follow(clientId === null || name === undefined ? null : { clientId, name })
    this.#show()
  }

  /** Writes what is in hand: the page may be about to go. */
  flush(): void {
    this.#binding.flushNow()
  }

  /** Writes what is in hand and lets go of the room. */
  destroy(): void {
    this.#binding.flushNow()
    this.#binding.destroy()
    // The session may live on; nobody holds anything for it any more.
    this.#options.session.setUnwritten(false)
    this.#stopWatching()
    this.#stopWatchingFonts()
    this.#presence.destroy()
  }

  #show(): void {
    const { surface } = this.#options
    const { others } = this.#presence
    surface.showPeople(remotePeopleOf(others))
    const motions = motionsOf(others)
    if (motions.size > 0 || this.#hasMotion) this.#binding.showMotion(motions)
    this.#hasMotion = motions.size > 0
    this.#followViewport()
    this.#tellPeople()
  }

  #followViewport(): void {
    const { surface } = this.#options
    const followed = surface.getFollowed()
    const viewport = followed === null ? undefined : this.#presence.others.get(followed)?.viewport
    if (!viewport || JSON.stringify(viewport) === JSON.stringify(this.#shownViewport)) return
    this.#shownViewport = viewport
    surface.showViewport(viewport)
  }

  #tellPeople(): void {
    const { getSelf, onPeople, surface } = this.#options
    const { clientId, others } = this.#presence
    const user = getSelf()
    const self = user && { clientId, user, activity: this.#activity }
    const people = peopleOf(others, self, surface.getFollowed())
    const told = JSON.stringify(people)
    if (told === this.#people) return
    this.#people = told
    onPeople(people)
  }
}
