import { useState } from 'react'
import { Download } from 'lucide-react'
import type { RoomSession } from '@sketchroom/canvas'
import { describeError } from '../api/describe-error.ts'
import { useApp } from '../session/AppContext.tsx'
import { Button } from '../ui/Button.tsx'
import { useToast } from '../ui/Toasts.tsx'
import { download } from './refused/download.ts'
import { fileNameOf } from './refused/file-name.ts'

interface SaveFileButtonProps {
  readonly boardName: string
  /** The drawing as this device has it. */
  readonly read: () => Promise<RoomSession['doc']>
  /** What is said when it is done, beside the file's name. */
  readonly hint?: string
}

/** Saves the drawing, as far as it is here and can be read, as a file that Excalidraw opens. */
export function SaveFileButton({ boardName, read, hint = '' }: SaveFileButtonProps) {
  const { serverUrl } = useApp()
  const toast = useToast()
  const [isBusy, setIsBusy] = useState(false)

  async function save(): Promise<void> {
    setIsBusy(true)
    try {
      const [{ drawingFile }, drawing] = await Promise.all([
        import('@sketchroom/canvas/drawing/drawing-file.ts'),
        read(),
      ])
      const name = fileNameOf(boardName)
      download(name, drawingFile(drawing, serverUrl), 'application/vnd.excalidraw+json')
      toast({ text: `The drawing was saved as ${name}.${hint}` })
    } catch (cause) {
      toast({ text: `The drawing was not saved. ${describeError(cause)}` })
    }
    setIsBusy(false)
  }

  return (
    <Button icon={<Download size={18} aria-hidden="true" />} busy={isBusy} onClick={() => void save()}>
      Save as a file
    </Button>
  )
}
