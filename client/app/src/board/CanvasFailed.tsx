import { CloudAlert } from 'lucide-react'
import { Button } from '../ui/Button.tsx'
import { MessagePage } from '../ui/MessagePage.tsx'

/** Instead of the canvas when its code could not be loaded, or stopped working. */
export function CanvasFailed() {
  return (
    <MessagePage
      alert
      icon={<CloudAlert size={32} />}
      title="The canvas could not be loaded"
      text="Check your connection and reload. What was drawn before is safe."
      actions={
        <Button look="primary" onClick={() => location.reload()}>
          Reload
        </Button>
      }
    />
  )
}
