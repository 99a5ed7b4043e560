import type { RoomId } from '@sketchroom/shared/ids'
import type { Logger } from 'pino'
import type { Compaction } from '../core/documents/compaction.ts'
import type { Journal } from '../core/documents/journal.ts'
import type { RoomHost } from './room-host.ts'

/** Keeps rooms in step with their store: tells people when it fails, and folds long tails into snapshots. */
export function watchStore(parts: { host: RoomHost; journal: Journal; compaction: Compaction; log: Logger }): void {
  const { host, journal, compaction, log } = parts

  function compactIfDue(roomId: RoomId): void {
    const room = host.rooms.get(roomId)
    if (!room || !compaction.isDue(roomId, false)) return
    compaction.compact(roomId, room.document).catch((error: unknown) => {
      log.warn({ roomId, err: error }, 'compaction failed; the journal still has everything')
    })
  }

  function tellAll(state: 'failing' | 'ok'): void {
    for (const link of host.links()) link.tell({ type: 'store', state })
  }

  journal.on('committed', compactIfDue)
  journal.on('failing', (error) => {
    log.error({ err: error, pending: journal.pendingCount }, 'the store fails; nothing is acknowledged')
    tellAll('failing')
  })
  journal.on('recovered', () => {
    log.info('the store is back; everything that waited is saved')
    tellAll('ok')
    // Rooms that everybody left while the store failed were kept; now they may go.
    for (const { document } of host.rooms.values()) {
      if (document.getConnectionsCount() === 0) void host.hocuspocus.unloadDocument(document)
    }
  })
}
