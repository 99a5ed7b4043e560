import { CloudAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { Button } from '../ui/Button.tsx'
import { MessagePage } from '../ui/MessagePage.tsx'

/** Instead of the canvas when its code could not be loaded, or stopped working. */
export function CanvasFailed({ saveFile }: { readonly saveFile: ReactNode }) {
  return (
    <MessagePage
      alert
      icon={<CloudAlert size={32} />}
      title="The canvas cannot be shown"
      text="It could not be loaded, or stopped working. Check your connection and reload. What was drawn before is safe; if reloading does not help, you can save it as a file."
      actions={
        <>
          <Button look="primary" onClick={() => location.reload()}>
            Reload
          </Button>
          {saveFile}
        </>
      }
    />
  )
}
