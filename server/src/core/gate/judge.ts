import * as Y from 'yjs'
import { sharingClient } from '@sketchroom/shared/scene/plain-words'
import { ClockRanges, type EditRanges } from '../documents/clock-ranges.ts'
import { causalOrder, type CausalOrder } from './causal-order.ts'
import { SERVER, type ClientOwners } from './client-owners.ts'
import { NOWHERE, type DocumentView, type Place } from './document-view.ts'
import { Fullness } from './fullness.ts'
import { IntegrationCost, isKnown, type Known } from './integration-cost.ts'
import { ListOrder } from './list-order.ts'
import { type Looking, type Marks, marksOf } from './marks.ts'
import { checkContent, PlainUpdate } from './places.ts'
import { KIND, TYPE } from './read-content.ts'
import { isSameContent } from './same-content.ts'
import {
  indexAt,
  isSameId,
  rangesOf,
  type ClientStructs,
  type Id,
  type ReadStruct,
  type ReadUpdate,
} from './read-update.ts'
import { invalid, malformed, Refusal } from './refusal.ts'

/** What the gate says of an update. It is taken whole or not at all. */
export type Verdict =
  | {
      readonly kind: 'taken'
      /** Clients that are the author's from now on, or, if `SERVER`, nobody's. */
      readonly claims: ReadonlyMap<number, string>
      readonly growth: Growth
      /** What of it waits for something that the room has lost, and is not judged by where it goes. */
      readonly waiting?: EditRanges
    }
  /** It refers to what the room does not have: whoever sent it is to be asked for that. */
  | { readonly kind: 'gap' }
  | { readonly kind: 'refused'; readonly refusal: Refusal }

/** What a room has more of with an update. */
export interface Growth {
  readonly elements: number
  readonly structs: number
  readonly bytes: number
  /** It does nothing but mark elements as deleted, or take marks away. */
  readonly isMarking: boolean
  /** What it marks or removes; to be asked before it is applied. */
  readonly marks: (looking: Looking) => Marks
}

/** What an update is judged by. */
export interface Judging {
  readonly view: DocumentView
  readonly owners: ClientOwners
  /** The user id of who sent it. */
  readonly author: string
  /**
   * A part of the room's records was lost: what anybody still has of it may come back, whoever drew it, and what builds on it
   * is no gap. The rest of an update is judged as ever.
   */
  readonly hasHole?: boolean
}

/**
 * Judges an update against the room that it is for, by the rules of `README.md`, before anything of it is applied. Reads
 * the document and changes nothing.
 */
export function judge(update: ReadUpdate, judging: Judging): Verdict {
  try {
    const order = causalOrder(update, (client) => judging.view.reach(client))
    const isWhole = order.waiting.length === 0 && !isDeletionMissing(update, order)
    if (!isWhole && !judging.hasHole) return { kind: 'gap' }
    const verdict = new Judgement(judging, update, order).verdict()
    return isWhole ? verdict : { ...verdict, waiting: waitingOf(update, order, judging.view) }
  } catch (error) {
    if (error instanceof Refusal) return { kind: 'refused', refusal: error }
    throw error
  }
}

function isDeletionMissing({ deleted }: ReadUpdate, { reach }: CausalOrder): boolean {
  return deleted.some(({ client, clock, length }) => clock + length > reach(client))
}

/** What of an update Yjs would keep aside. A root that no drawing has is refused: it needs no document to know that. */
function waitingOf({ deleted: ranges }: ReadUpdate, { waiting, reach }: CausalOrder, view: DocumentView): EditRanges {
  const [inserted, deleted] = [new ClockRanges(), new ClockRanges()]
  for (const { client, clock, length, parent } of waiting) {
    if (typeof parent === 'string' && !view.root(parent)) invalid('G9', 'a drawing has the roots elements and meta')
    inserted.add(client, clock, length)
  }
  for (const { client, clock, length } of ranges) {
    const from = Math.max(clock, reach(client))
    if (from < clock + length) deleted.add(client, from, clock + length - from)
  }
  return { inserted, deleted }
}

/** What something is put beside: of the document, or of the same update. */
type Neighbour = Known | ReadStruct

/** One update while it is judged: where each of its structs goes, with those before it in place. */
class Judgement {
  readonly #judging: Judging
  readonly #order: CausalOrder
  readonly #cost: IntegrationCost
  readonly #fullness: Fullness
  readonly #update: ReadUpdate
  #reachClient = -1
  #reachClock = 0
  /** The shared type that was found last: what it holds mostly comes right behind it. */
  #lastType: ReadStruct | undefined
  readonly #plain: PlainUpdate
  /** The client whose structs were asked for last: mostly it is one and the same. */
  #last: ClientStructs | undefined
  #byClient: Map<number, ClientStructs> | undefined
  #deletions: ClockRanges | undefined
  #elements = 0
  #isMarking = true

  constructor(judging: Judging, update: ReadUpdate, order: CausalOrder) {
    this.#judging = judging
    this.#update = update
    this.#plain = new PlainUpdate(update.bytes)
    this.#order = order
    this.#cost = new IntegrationCost(judging.view, update.clients)
    this.#fullness = new Fullness(judging.view, order.structs.length)
  }

  verdict(): Verdict & { kind: 'taken' } {
    const update = this.#update
    const claims = this.#claims(update)
    for (const struct of this.#order.structs) this.#place(struct)
    if (this.#cost.unsure) this.#checkOrder(this.#cost.unsure)
    const { view } = this.#judging
    for (const { client, clock, length } of update.deleted) {
      const known = Math.min(length, view.reach(client) - clock)
      if (known > 0) this.#cost.delete({ client, clock }, known)
      if (known < length) this.#deleteNew({ client, clock: clock + Math.max(0, known) }, clock + length)
    }
    this.#cost.merge((client) => view.reach(client))
    const growth: Growth = {
      elements: this.#elements,
      structs: this.#order.structs.length,
      bytes: update.bytes.length,
      isMarking: this.#isMarking,
      marks: (looking) => marksOf(update, this.#order.structs, { view, ...looking }),
    }
    return { kind: 'taken', claims, growth }
  }

  /** Rule G14: what is new under a client's name comes from the person whose it is. */
  #claims({ clients }: ReadUpdate): Map<number, string> {
    const { owners, view, author, hasHole } = this.#judging
    const claims = new Map<number, string>()
    for (const line of clients) {
      const { client } = line
      const known = view.reach(client)
      const isNews = this.#order.reach(client) > known
      const isForeign = !owners.isOwn(client, author) && !hasHole
      if (isForeign && (isNews || !this.#isRepeated(line))) {
        throw new Refusal('G14', 'foreign_client', `the Yjs client ${client} is somebody else’s here`)
      }
      if (!isNews) continue
      if (owners.isStored(client)) continue
      const owner = known === 0 && this.#sharesWords(line) ? SERVER : author
      const room = { inRoom: view.clientCount + claims.size, onTheWay: claims.size }
      if (known === 0 && !owners.mayHaveMore(owner, room)) {
        throw new Refusal('G14', 'board_full', 'too many Yjs clients have drawn here, yours among them')
      }
      claims.set(client, owner)
    }
    return claims
  }

  /** Whether this is what the room has of a client, and nothing else. */
  #isRepeated({ structs }: ClientStructs): boolean {
    const { view } = this.#judging
    return structs.every((struct) => struct.kind === KIND.skip || isSameContent(struct, this.#update.bytes, view))
  }

  /** Whether this is how anybody would share an element's plain words: see `plain-words.ts`. It is nobody's then. */
  #sharesWords({ client, structs }: ClientStructs): boolean {
    const [type, letters, ...more] = structs
    if (type?.kind !== KIND.type || type.content !== TYPE.text || more.length > 0) return false
    if (
      letters &&
      (letters.kind !== KIND.string || typeof letters.parent === 'string' || !isSameId(letters.parent, type))
    )
      return false
    const words = letters ? (letters.content as string) : ''
    if (type.origin) return sharingClient(type.origin, 'words', words) === client
    return this.#sourcesIn(type.parent).some(({ id, parentSub }) => sharingClient(id, parentSub, words) === client)
  }

  #sourcesIn(element: string | Id | null): Y.Item[] {
    const { view } = this.#judging
    if (element === null || typeof element === 'string' || element.clock >= view.reach(element.client)) return []
    const item = view.at(element)
    const inside = view.inside(item)
    const created = inside && view.entryOf(inside.home, 'o')
    return [created, item].filter((source) => source instanceof Y.Item)
  }

  #place(struct: ReadStruct): void {
    const { kind, origin, rightOrigin } = struct
    if (kind === KIND.gc) return
    const behind = origin ? this.#at(origin) : undefined
    const before = rightOrigin ? this.#at(rightOrigin) : undefined
    const place = this.#placeOf(struct, behind, before)
    struct.shelf = place.shelf
    struct.home = place.home
    struct.slot = origin || rightOrigin ? place.slot : struct.key
    this.#checkContinuation(struct)
    if (struct.shelf === 'nowhere') return this.#cost.cut(struct, behind, before)
    if (struct.slot !== null && struct.length > 1) this.#checkOneValue(struct)
    checkContent(struct, this.#plain)
    if (kind === KIND.type) this.#lastType = struct
    if (struct.slot === null) {
      const rest = this.#rest(struct)
      this.#fullness.put(rest)
      this.#cost.place(rest, rest === struct || !rest.origin ? behind : this.#at(rest.origin), before)
    } else if (origin) this.#cost.place(struct, behind, undefined)
    else this.#begin(struct, struct.slot)
    if (kind !== KIND.deleted && !(struct.shelf === 'element' && struct.slot === 'isDeleted')) this.#isMarking = false
  }

  /**
   * Rule G10: Yjs takes several values in one struct, and cuts them when something goes between: then it is not the same for
   * all what the key says. Of those that it was before, which a client keeps for its undo, Yjs makes one struct itself.
   */
  #checkOneValue(struct: ReadStruct): void {
    if (struct.kind === KIND.deleted) return
    this.#deletions ??= rangesOf(this.#update).deleted
    if (!this.#deletions.covers(struct.client, struct.clock, struct.length)) invalid('G10', 'a key says one thing')
  }

  /** Somebody says what a key is who has not seen that it says something already. */
  #begin(struct: ReadStruct, key: string): void {
    const { shelf } = struct
    const home = struct.home as object
    const entry = this.#judging.view.entryOf(home, key)
    const isAgain = this.#fullness.hasBegun(struct, home, key)
    this.#cost.begin(key, entry, isAgain)
    if (entry) return
    if (shelf === 'elements') {
      if (struct.kind === KIND.type) this.#elements += 1
      return
    }
    if (isAgain) return
    this.#fullness.checkKeys(shelf, home)
  }

  /** Rules G8 and G9: what stands beside it is in the same place, or its parent is a type. */
  #placeOf(struct: ReadStruct, behind: Neighbour | undefined, before: Neighbour | undefined): Place {
    const { rightOrigin, parent, key, client } = struct
    if (behind || before) {
      const { view } = this.#judging
      const left = behind && (isKnown(behind) ? view.placeOf(behind) : behind)
      const right = before && (isKnown(before) ? view.placeOf(before) : before)
      const place = (left ?? right) as Place
      if (left?.shelf === 'nowhere' || right?.shelf === 'nowhere') return NOWHERE
      if (left && right && !isSamePlace(left, right))
        malformed('G8', `a struct of client ${client} stands in two places`)
      if (rightOrigin && place.slot !== null) malformed('G8', 'nothing stands before what a key says')
      return place
    }
    const inside = typeof parent === 'string' ? this.#judging.view.root(parent) : this.#inside(parent as Id)
    if (!inside) return invalid('G9', 'a drawing has the roots elements and meta, and its values hold nothing')
    const isMap = inside.shelf === 'elements' || inside.shelf === 'meta' || inside.shelf === 'element'
    if (isMap !== (key !== null) && inside.shelf !== 'nowhere') malformed('G9', 'a map has keys, and a list has none')
    return inside
  }

  /** What of the document or of this update has an id. */
  #at(id: Id): Neighbour {
    return this.#isNew(id) ? this.#structAt(id) : this.#judging.view.at(id)
  }

  /** What of a struct is not in the document yet: behind the part that is, wherever it says that it goes. */
  #rest(struct: ReadStruct): ReadStruct {
    const { client } = struct
    const clock = this.#reach(client)
    if (struct.clock >= clock) return struct
    return { ...struct, clock, length: struct.clock + struct.length - clock, origin: { client, clock: clock - 1 } }
  }

  /** Rule G8: what goes between two things of a list was put there by somebody for whom they were side by side. */
  #checkOrder(unsure: ReadonlySet<object>): void {
    const lists = new Map<object, ListOrder>()
    for (const struct of this.#order.structs) {
      const { home, slot, kind } = struct
      if (!home || slot !== null || kind === KIND.gc || !unsure.has(home)) continue
      let list = lists.get(home)
      if (!list) {
        list = new ListOrder(this.#judging.view.startOf(home), (steps) => this.#cost.countPassed(steps))
        lists.set(home, list)
      }
      list.insert(this.#rest(struct))
    }
  }

  /** The part of a range is deleted that the update itself brings. */
  #deleteNew(from: Id, end: number): void {
    const structs = this.#structsOf(from.client)
    const first = Math.max(0, indexAt(structs, from.clock))
    const last = indexAt(structs, end - 1)
    this.#cost.deleteNew(from, end, structs.slice(first, last + 1))
  }

  #isNew({ client, clock }: Id): boolean {
    return clock >= this.#reach(client)
  }

  /** How far a client is known; mostly it is the one that was asked for last. */
  #reach(client: number): number {
    if (client !== this.#reachClient) {
      this.#reachClient = client
      this.#reachClock = this.#judging.view.reach(client)
    }
    return this.#reachClock
  }

  /** What can be put into something of the document or of this update. */
  #inside(id: Id): Place | undefined {
    if (!this.#isNew(id)) return this.#judging.view.inside(this.#judging.view.at(id))
    const last = this.#lastType
    const struct = last?.clock === id.clock && last.client === id.client ? last : this.#structAt(id)
    if (struct.shelf === 'nowhere' || struct.kind === KIND.deleted) return NOWHERE
    if (struct.kind !== KIND.type) return undefined
    const shelf = struct.shelf === 'elements' ? 'element' : struct.slot === 'words' ? 'words' : 'ink'
    return { shelf, home: struct, slot: null }
  }

  /** What of this update has an id. */
  #structAt({ client, clock }: Id): ReadStruct {
    const structs = this.#structsOf(client)
    return structs[Math.max(0, indexAt(structs, clock))] as ReadStruct
  }

  #structsOf(client: number): readonly ReadStruct[] {
    if (this.#last?.client === client) return this.#last.structs
    this.#byClient ??= new Map(this.#update.clients.map((each) => [each.client, each]))
    this.#last = this.#byClient.get(client)
    return this.#last?.structs ?? []
  }

  /** Of a struct of which the document has a part, the rest goes behind that, wherever it says that it is. */
  #checkContinuation(struct: ReadStruct): void {
    const { client, clock } = struct
    const { view } = this.#judging
    const known = this.#reach(client)
    if (clock >= known) return
    if (!isSamePlace(view.placeOf(view.at({ client, clock: known - 1 })), struct)) {
      malformed('G8', `what is known of client ${client} stands elsewhere`)
    }
  }
}

function isSamePlace(a: Place, b: Place): boolean {
  return a.home === b.home && a.slot === b.slot
}
