/**
 * Lists the records that a server has set aside because it could not read them, tries them again, and gives back those
 * that are sound. Works while the server runs, and needs its version: `npx -y pnpm@12 exec node scripts/quarantine.ts` says how.
 */
import { parseArgs } from 'node:util'
import { openStorageInUse } from '../server/src/adapters/sql/open-storage.ts'
import { giveBackSound, tryQuarantined } from '../server/src/core/documents/quarantine.ts'
import { decodeRanges, recordOf, type ClockRanges } from '../server/src/core/documents/clock-ranges.ts'
import type { DocumentStore, QuarantinedRecord } from '../server/src/ports/document-store.ts'
import { findRoomId } from '../shared/src/ids.ts'
import { findInstallation, runScript, UsageError } from './run-script.ts'

const USAGE = `node scripts/quarantine.ts list|show|try|give-back [filters], with the server's environment

  list        every record that was set aside, one a line
  show        what is known of each, and its first bytes
  try         whether each can be read now, on top of the rest of its room; changes nothing
  give-back   gives back those that can, each as its board's newest edit; the others stay, with the reason. A board
              that somebody has open shows it with the next edit, any other when it is opened

  --room ID, --kind update|snapshot, --seq N   only these records
`

const COMMANDS: Record<string, (store: DocumentStore, records: QuarantinedRecord[]) => Promise<boolean>> = {
  async list(_store, records) {
    for (const record of records) console.log(`${nameOf(record)}: ${factsOf(record)}: ${record.reason}`)
    console.log(records.length === 0 ? 'Nothing is set aside.' : `${records.length} set aside.`)
    return true
  },

  async show(_store, records) {
    for (const record of records) {
      console.log(`${nameOf(record)}\n  ${factsOf(record)}\n  set aside because: ${record.reason}`)
      console.log(
        `  ${contentOf(record)}\n  begins with ${Buffer.from(record.bytes.subarray(0, 64)).toString('hex')}\n`,
      )
    }
    return true
  },

  async try(store, records) {
    let areSound = true
    for (const record of records) {
      const trial = await tryQuarantined(store, record)
      const finding = trial.isSound
        ? trial.isNews
          ? 'sound'
          : 'sound, and its room has all of it already'
        : trial.reason
      console.log(`${nameOf(record)}: ${finding}`)
      areSound &&= trial.isSound
    }
    return areSound
  },

  async 'give-back'(store, records) {
    let wereGiven = true
    for (const { record, ...fate } of await giveBackSound(store, records)) {
      const isGiven = 'seq' in fate
      console.log(`${nameOf(record)}: ${isGiven ? `given back as update ${fate.seq}` : `refused: ${fate.reason}`}`)
      wereGiven &&= isGiven
    }
    return wereGiven
  },
}

/** Fails when some record could not be read or given back. */
await runScript(USAGE, async (args) => {
  const text = { type: 'string' } as const
  const options = { room: text, kind: text, seq: text }
  const { positionals, values } = parseArgs({ args: joinRoom(args), allowPositionals: true, options })
  const name = positionals.join(' ')
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (!command) throw new UsageError(name === '' ? 'Say what to do.' : `There is no command ${name}.`)
  const roomId = values.room === undefined ? undefined : findRoomId(values.room)
  if (values.room !== undefined && !roomId) throw new UsageError(`${values.room} is no room's id.`)
  const { kind: wantedKind, seq: wantedSeq } = values
  const storage = await openStorageInUse(findInstallation())
  try {
    const all = await storage.documentStore.listQuarantined(roomId)
    const records = all.filter(({ kind, seq }) => kind === (wantedKind ?? kind) && `${seq}` === (wantedSeq ?? `${seq}`))
    return await command(storage.documentStore, records)
  } finally {
    await storage.close()
  }
})

/** One room's id in 64 begins with a dash, which by itself would be taken for an option. */
function joinRoom(args: readonly string[]): string[] {
  const at = args.indexOf('--room')
  return at === -1 || at + 1 === args.length ? [...args] : args.toSpliced(at, 2, `--room=${args[at + 1]}`)
}

function nameOf({ roomId, kind, seq }: QuarantinedRecord): string {
  return `${roomId} ${kind} ${seq}`
}

function factsOf({ at, author, bytes }: QuarantinedRecord): string {
  return `${new Date(at).toISOString()}, by ${author ?? 'the server'}, ${bytes.length} bytes`
}

/** Whose edits the record inserts and deletes, as Yjs numbers clients and their edits, as far as it can be read. */
function contentOf({ bytes, author, at }: QuarantinedRecord): string {
  try {
    const { inserted, deleted } = decodeRanges(recordOf(bytes, author, at).ranges)
    return `inserts ${clientsOf(inserted)}; deletes ${clientsOf(deleted)}`
  } catch {
    return 'cannot be decoded'
  }
}

function clientsOf(ranges: ClockRanges): string {
  const clients = [...ranges.ends()].map(([client, clock]) => `of client ${client} up to ${clock}`)
  return clients.length === 0 ? 'nothing' : clients.join(', ')
}
