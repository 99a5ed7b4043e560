import { Component, type ReactNode } from 'react'
import { CloudAlert } from 'lucide-react'
import { Button } from './Button.tsx'
import { MessagePage } from './MessagePage.tsx'

interface ErrorBoundaryProps {
  readonly children: ReactNode
  /** What to show instead of the page for the whole app. */
  readonly fallback?: ReactNode
}

/** Catches what a page throws while it renders, or a chunk of it that cannot be loaded. React itself logs the error. */
export class ErrorBoundary extends Component<ErrorBoundaryProps, { failed: boolean }> {
  override state = { failed: false }

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true }
  }

  override render(): ReactNode {
    if (!this.state.failed) return this.props.children
    return (
      this.props.fallback ?? (
        <MessagePage
          whole
          alert
          icon={<CloudAlert size={32} />}
          title="This page stopped working"
          text="The fault is ours. What you drew is kept on this device and on the server; reload to go on."
          actions={
            <Button look="primary" onClick={() => location.reload()}>
              Reload
            </Button>
          }
        />
      )
    )
  }
}
