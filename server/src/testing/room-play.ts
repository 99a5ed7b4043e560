import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { apiPath } from '@sketchroom/shared/api/paths'
import { roomTokenSchema } from '@sketchroom/shared/api/rooms'
import { roomIdSchema, type RoomId } from '@sketchroom/shared/ids'
import { mayDraw, type Role } from '@sketchroom/shared/roles'
import * as Y from 'yjs'
import { mergePieces } from '../core/documents/piece-list.ts'
import type { DocumentStore } from '../ports/document-store.ts'
import type { RoomStore } from '../ports/room-store.ts'
import { AccessModel, expiryOf, type ModelCredential, type ModelPerson } from './access-model.ts'
import { call, createUser, toTestUser, type Answer as HttpAnswer, type CallOptions } from './api-client.ts'
import { aroundStore } from './around-store.ts'
import { findFreePort } from './free-port.ts'
import { HeldCalls } from './held-calls.ts'
import { RawClient, type Answer } from './raw-client.ts'
import { setWord, wordsOf } from './test-room.ts'
import { startTestServer, type TestServer } from './test-server.ts'

const PEOPLE = ['Ada', 'Bob', 'Cem', 'Dot']
/** Nothing that a step waits for takes longer, unless it never comes. */
const PATIENCE_MS = 15_000
const STEP_PATIENCE_MS = 60_000

/** One stay at an address of a socket, as the model has it. */
export interface PlayedClient {
  readonly name: string
  readonly raw: RawClient
  credential: ModelCredential
  /** The same for all who share a socket. */
  readonly socket: symbol
  isIn: boolean
  /** The answers that its writes have got, or will get. */
  readonly expected: Answer[]
  /** The number of the last word that it may read, once it has lost its access: being told so may take a moment. */
  lostAt: number | undefined
  /** What it had when it was out: no more may come. */
  atExit: { words: string[]; answers: number } | undefined
}

/** A real server for plays, with a clock and stores that a play can interfere with. It can be restarted. */
export class PlayStage {
  readonly documents = new HeldCalls<DocumentStore>()
  readonly rooms = new HeldCalls<RoomStore>({ answers: true })
  aheadMs = 0
  storeFails = false
  server!: TestServer
  store!: DocumentStore
  #dataDir = ''
  #port = 0

  static async open(): Promise<PlayStage> {
    const stage = new PlayStage()
    stage.#dataDir = await mkdtemp(join(tmpdir(), 'sketchroom-play-'))
    stage.#port = await findFreePort()
    await stage.#start()
    return stage
  }

  now(): number {
    return Date.now() + this.aheadMs
  }

  /** Interferes with nothing any more. */
  release(): void {
    this.storeFails = false
    this.rooms.release()
    this.documents.release()
  }

  async restart(): Promise<void> {
    if (!(await this.server.stop())) throw new Error('the server did not stop cleanly')
    await this.#start()
  }

  close(): Promise<void> {
    return this.server.remove()
  }

  async #start(): Promise<void> {
    this.server = await startTestServer({
      dataDir: this.#dataDir,
      port: this.#port,
      now: () => this.now(),
      wrapRoomStore: (inner) => aroundStore(inner, this.rooms.around),
      wrapDocumentStore: (inner) => {
        this.store = inner
        return aroundStore(aroundStore(inner, this.documents.around), async (name, work) => {
          if (this.storeFails && (name === 'append' || name === 'ping')) throw new Error('disk full')
          return await work()
        })
      },
    })
  }
}

/** One room, the people around it, and every client that has ever tried to be in it, beside a model of all that. */
export class RoomPlay {
  readonly model = new AccessModel()
  readonly people: ModelPerson[] = []
  readonly credentials: ModelCredential[] = []
  readonly clients: PlayedClient[] = []
  readonly stage: PlayStage
  roomId: RoomId = roomIdSchema.parse('room-not-made-yet')
  owner!: PlayedClient
  /** What somebody who might has written. */
  readonly #words = new Set<string>()
  #count = 0

  private constructor(stage: PlayStage) {
    this.stage = stage
  }

  static async begin(stage: PlayStage): Promise<RoomPlay> {
    const play = new RoomPlay(stage)
    for (const name of PEOPLE) await play.signIn(name)
    const [ada] = play.people as [ModelPerson]
    play.roomId = roomIdSchema.parse((await stage.server.api.createRoom(play.tokenOf(ada))).id)
    ada.role = 'owner'
    await play.letOwnerIn()
    for (const [index, role] of (['editor', 'viewer'] as const).entries()) {
      const person = play.people[index + 1] as ModelPerson
      await stage.server.api.setMember(play.tokenOf(ada), play.roomId, person.userId, role)
      person.role = role
      await play.arrive(await play.come(await play.refresh(person)))
    }
    return play
  }

  /** A new guest, in the place of the one of that name. */
  async signIn(name: string): Promise<void> {
    const { user, accessToken, cookie } = await createUser(this.stage.server.api, name)
    const person = { userId: user.id, name, cookie, signedOut: false, role: undefined, removed: false }
    const index = this.people.findIndex((each) => each.name === name)
    if (index === -1) this.people.push(person)
    else this.people[index] = person
    this.#remember(accessToken, person)
  }

  /** The person's newest access token. */
  tokenOf(person: ModelPerson): string {
    const own = this.credentials.findLast((each) => each.person === person && !each.guest)
    if (!own) throw new Error(`${person.name} has no token`)
    return own.token
  }

  /** A fresh access token of the same sign-in. */
  async refresh(person: ModelPerson): Promise<ModelCredential> {
    const { origin } = this.stage.server.api
    const answer = await call({ origin }, 'POST', apiPath('refresh'), { cookie: person.cookie, headers: { origin } })
    this.check(answer.status === 200, `a refresh answers ${person.name} ${answer.status} ${answer.text}`)
    const { accessToken, cookie } = toTestUser(answer)
    person.cookie = cookie
    return this.#remember(accessToken, person)
  }

  /** A token for this room, minted by somebody who may; undefined when they may not. */
  async mint(person: ModelPerson, role: 'viewer' | 'editor', userId: string): Promise<ModelCredential | undefined> {
    await this.keepSignedIn(person)
    const body = { user: { id: userId, name: userId }, role, ttlSeconds: 300 + 100 * (this.#count % 5) }
    const path = apiPath('roomTokens', { roomId: this.roomId })
    const answer = await this.call('POST', path, { token: this.tokenOf(person), body })
    this.check(
      (answer.status === 201) === this.model.mayMint(person),
      `minting answers ${person.name} ${answer.status}`,
    )
    if (answer.status !== 201) return undefined
    return this.#remember(answer.as(roomTokenSchema).token, person, { userId, role })
  }

  /** Calls the API as somebody; as the room's owner unless said otherwise. */
  async call(method: string, path: string, options: CallOptions = {}): Promise<HttpAnswer> {
    const owner = this.people[0] as ModelPerson
    if (options.token === undefined) await this.keepSignedIn(owner)
    return await call(this.stage.server.api, method, path, { token: this.tokenOf(owner), ...options })
  }

  /** Somebody comes with a credential, on a socket of their own or on another client's, at an address of their own. */
  async come(credential: ModelCredential, shared?: PlayedClient): Promise<PlayedClient> {
    const nth = (this.#count += 1)
    const name = `${credential.guest?.userId ?? credential.person.name}-${nth}`
    const raw = new RawClient(this.stage.server.syncUrl, `${this.roomId}\0${nth}`, shared && { shared: shared.raw })
    const socket = shared?.socket ?? Symbol(name)
    const client: PlayedClient = {
      name,
      raw,
      credential,
      socket,
      isIn: false,
      expected: [],
      lostAt: undefined,
      atExit: undefined,
    }
    await raw.open()
    await raw.join(credential.token)
    this.clients.push(client)
    return client
  }

  /** Waits until somebody who has come is in, or is not let in, and sees that it is as the model says. */
  async arrive(client: PlayedClient): Promise<void> {
    const { raw } = client
    const role = () => this.roleOf(client)
    await this.until(`${client.name} is in or out`, () => this.#isOut(raw) || raw.notices.length > 0)
    client.isIn = raw.notices.length > 0 && role() !== undefined
    if (role() === undefined) return await this.expectOut(client)
    this.check(!this.#isOut(raw), `${client.name} may be in as ${role()}, and is told ${raw.denied ?? raw.ended}`)
    const [first] = raw.notices
    this.check(first?.type === 'role' && first.role === role(), `${client.name} comes in as ${role()}`)
  }

  async letOwnerIn(): Promise<void> {
    const owner = this.people[0] as ModelPerson
    this.owner = await this.come(await this.refresh(owner))
    await this.arrive(this.owner)
  }

  roleOf({ credential }: PlayedClient): Role | undefined {
    return this.model.roleOf(credential, this.stage.now())
  }

  get present(): PlayedClient[] {
    return this.clients.filter(({ isIn }) => isIn)
  }

  /** A word of its own, which needs nothing else: written by somebody, whether or not they may. */
  write(client: PlayedClient, kind: 'update' | 'step2' = 'update'): void {
    const doc = new Y.Doc()
    const word = `${client.name}-${(this.#count += 1)}`
    setWord(word)(doc)
    const update = Y.encodeStateAsUpdate(doc)
    const role = client.isIn ? this.roleOf(client) : undefined
    if (role) client.expected.push(mayDraw(role) ? 'durable' : 'refused')
    if (role && mayDraw(role)) {
      this.#words.add(word)
      // Whoever made an edit is not told of it.
      Y.applyUpdate(client.raw.doc, update)
    }
    client.raw.write(update, kind)
  }

  /** A change is answered, or a token has ended: whoever may read no longer reads nothing that is written after this. */
  takeAway(): void {
    for (const client of this.present) if (this.roleOf(client) === undefined) client.lostAt ??= this.#count
  }

  /** Those who have lost their access are out by now, or as soon as that is known; the model follows. */
  async follow(): Promise<void> {
    for (const client of this.present) if (this.roleOf(client) === undefined) await this.expectOut(client)
  }

  /** Somebody's stay ends, for whatever reason. */
  async expectOut(client: PlayedClient): Promise<void> {
    await this.until(`${client.name} is out`, () => this.#isOut(client.raw))
    this.#leaveBehind(client)
  }

  /** Everybody tries to write; then whoever may read has every word of those who may write, and nobody has another. */
  async settle(): Promise<void> {
    await this.follow()
    // The owner last, so that what others must not write would be there with her word.
    for (const client of this.clients) if (client !== this.owner) this.write(client)
    if (this.owner.isIn) this.write(this.owner)
    await Promise.all(this.clients.map((client) => this.#handled(client)))
    const { present } = this
    const all = [...this.#words].sort()
    for (const { name, raw } of present) {
      await this.until(`${name} has all ${all.length} words`, () => wordsOf(raw).length >= all.length)
    }
    for (const client of this.clients) this.#checkReads(client, all)
    if (this.stage.storeFails) return this.#checkUnsaved()
    for (const { name, raw, expected } of present) {
      await this.until(`${name} is answered`, () => raw.answers.length >= expected.length)
      this.check(isSame(raw.answers, expected), `${name} is answered ${raw.answers.join()}, not ${expected.join()}`)
    }
    this.check(isSame(await this.#storedWords(), all), 'what is stored is what those who may have written')
    // Who is out by a closed socket stays out.
    this.clients.splice(0, Infinity, ...this.clients.filter(({ isIn, raw }) => isIn || raw.isOpen))
  }

  /** Resolves when the condition holds; rejects when it does not for long. */
  async until(what: string, condition: () => boolean): Promise<void> {
    const end = performance.now() + PATIENCE_MS
    while (!condition()) {
      if (performance.now() > end) throw new Error(`waited in vain: ${what}`)
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
  }

  /** Does a step and looks at what has come of it; false when it could not be done. Rejects when it never ends. */
  async take(step: () => Promise<boolean>): Promise<boolean> {
    const { promise, reject } = Promise.withResolvers<never>()
    const timer = setTimeout(() => reject(new Error('the step never ends')), STEP_PATIENCE_MS)
    const taken = step().then(async (isDone) => {
      if (isDone) await this.settle()
      return isDone
    })
    return await Promise.race([taken, promise]).finally(() => clearTimeout(timer))
  }

  /** The model, in words. */
  toString(): string {
    const people = this.people.map(({ name, role, removed }) => `${name} ${role ?? '-'}${removed ? ' removed' : ''}`)
    const clients = this.present.map((client) => {
      const on = this.clients.find(({ socket }) => socket === client.socket)?.name
      const by = client.credential.guest && ` by ${client.credential.person.name}`
      return `${client.name}${by ?? ''} on the socket of ${on} as ${this.roleOf(client)}`
    })
    return `${this.model.access}; ${people.join(', ')}; ${clients.join(', ')}`
  }

  check(condition: boolean, what: string): void {
    if (!condition) throw new Error(`not so: ${what}`)
  }

  end(): void {
    for (const { raw } of this.clients) raw.terminate()
  }

  /** What a client has sent so far has been dealt with, or waits no longer than it may. */
  async #handled({ name, raw }: PlayedClient): Promise<void> {
    let handled = false
    void raw.handled().then(() => (handled = true))
    await this.until(`what ${name} has sent is handled`, () => handled)
  }

  #checkReads({ name, raw, isIn, lostAt = Infinity, atExit }: PlayedClient, all: readonly string[]): void {
    const words = wordsOf(raw)
    const late = words.filter((word) => Number(word.slice(word.lastIndexOf('-') + 1)) > lostAt)
    this.check(late.length === 0, `${name} reads ${late.join()} after its access was taken away`)
    if (isIn) this.check(isSame(words, all), `${name} has just the words of those who may write`)
    if (!atExit) return
    this.check(isSame(words, atExit.words), `${name} is out and reads nothing more`)
    this.check(raw.answers.length === atExit.answers, `${name} is out and is answered no more`)
  }

  /** While the store fails, nobody is told that anything written since is saved. */
  #checkUnsaved(): void {
    for (const { name, raw, expected, isIn } of this.clients) {
      if (!isIn) continue
      const saved = raw.answers.filter((answer) => answer === 'durable').length
      this.check(saved <= (this.#savedBefore.get(name) ?? 0), `${name} is told that a word is saved which is not`)
      this.check(isSame(expected.slice(0, raw.answers.length), raw.answers), `${name} is answered in order`)
    }
  }

  readonly #savedBefore = new Map<string, number>()

  /** From now on, the store takes nothing. */
  breakStore(): void {
    this.stage.storeFails = true
    this.#savedBefore.clear()
    for (const { name, raw } of this.clients) {
      this.#savedBefore.set(name, raw.answers.filter((answer) => answer === 'durable').length)
    }
  }

  #isOut(raw: RawClient): boolean {
    return raw.ended !== undefined || raw.denied !== undefined || !raw.isOpen
  }

  #leaveBehind(client: PlayedClient): void {
    client.isIn = false
    client.atExit = { words: wordsOf(client.raw), answers: client.raw.answers.length }
  }

  #remember(token: string, person: ModelPerson, guest?: ModelCredential['guest']): ModelCredential {
    const credential = { token, expiresAt: expiryOf(token), person, ...(guest && { guest }) }
    this.credentials.push(credential)
    return credential
  }

  /** Their newest access token may have ended with the clock. */
  async keepSignedIn(person: ModelPerson): Promise<void> {
    const left = expiryOf(this.tokenOf(person)) - this.stage.now()
    if (left < 60_000 && !person.signedOut) await this.refresh(person)
  }

  async #storedWords(): Promise<string[]> {
    const { snapshot, tail } = await this.stage.store.load(this.roomId)
    const doc = new Y.Doc()
    if (snapshot) Y.applyUpdate(doc, mergePieces(snapshot.bytes))
    for (const { update } of tail) Y.applyUpdate(doc, update)
    return wordsOf({ doc })
  }
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.join('\n') === b.join('\n')
}
