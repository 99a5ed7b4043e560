import { useState } from 'react'
import { Copy, Trash2 } from 'lucide-react'
import { useNavigate } from 'react-router'
import type { RoomSession } from '@sketchroom/canvas'
import { describeError } from '../../api/describe-error.ts'
import { keepKnownRooms, updateKnownRoom } from '../../device/known-rooms.ts'
import { useApp, usePersonDevice } from '../../session/AppContext.tsx'
import { Alert } from '../../ui/Alert.tsx'
import { Button } from '../../ui/Button.tsx'
import { Dialog } from '../../ui/Dialog.tsx'
import { useToast } from '../../ui/Toasts.tsx'
import { SaveFileButton } from '../SaveFileButton.tsx'
import { changes } from '../status-words.ts'

interface RefusedEditsProps {
  readonly boardName: string
  readonly unsent: number
  /** The drawing as this device has it. */
  readonly read: () => Promise<RoomSession['doc']>
  /** Lets go of the edits, for good. */
  readonly onDiscard: () => Promise<void>
}

const MAX_NAME = 120

/** What can become of edits that the server does not take: a board of one's own, a file, or nothing. */
export function RefusedEdits({ boardName, unsent, read, onDiscard }: RefusedEditsProps) {
  const { rooms, storage } = useApp()
  const boards = usePersonDevice()
  const toast = useToast()
  const navigate = useNavigate()
  const [busy, setBusy] = useState<'copy' | 'discard'>()
  const [error, setError] = useState<string>()
  const [isAsking, setIsAsking] = useState(false)

  async function run(what: NonNullable<typeof busy>, work: () => Promise<void>): Promise<void> {
    setBusy(what)
    setError(undefined)
    try {
      await work()
    } catch (cause) {
      setError(describeError(cause))
    }
    setBusy(undefined)
  }

  async function saveCopy(): Promise<void> {
    if (!boards) return
    const [{ copyDrawing }, drawing] = await Promise.all([import('@sketchroom/canvas/drawing/copy-drawing.ts'), read()])
    const room = await rooms.create({ name: `Copy of ${boardName}`.slice(0, MAX_NAME), access: 'private' })
    keepKnownRooms(storage, [room])
    updateKnownRoom(storage, room.id, { opened: true })
    const lease = boards.sessions.open(room.id)
    try {
      await copyDrawing(drawing, lease.session)
    } finally {
      lease.release()
    }
    await onDiscard()
    toast({ text: `“${room.name}” is a board of yours now.` })
    await navigate(`/r/${room.id}`)
  }

  return (
    <>
      <Button
        look="primary"
        icon={<Copy size={18} aria-hidden="true" />}
        busy={busy === 'copy'}
        onClick={() => void run('copy', saveCopy)}
      >
        Save a copy as a board of mine
      </Button>
      <SaveFileButton boardName={boardName} read={read} hint=" When you have it, you can discard the changes here." />
      <Button look="danger" icon={<Trash2 size={18} aria-hidden="true" />} onClick={() => setIsAsking(true)}>
        Discard…
      </Button>
      <Alert text={error} />
      {isAsking && (
        <Dialog small title="Discard your changes?" onClose={() => setIsAsking(false)}>
          <p>
            {`${changes(unsent)} of yours to “${boardName}” never reached the server. Nobody can bring ${unsent === 1 ? 'it' : 'them'} back once discarded.`}
          </p>
          <div className="dialog-actions">
            <Button onClick={() => setIsAsking(false)}>Keep</Button>
            <Button
              look="danger"
              busy={busy === 'discard'}
              onClick={() =>
                void run('discard', async () => {
                  await onDiscard()
                  setIsAsking(false)
                })
              }
            >
              Discard
            </Button>
          </div>
        </Dialog>
      )}
    </>
  )
}
