import { lazy, Suspense } from 'react'
import { CloudAlert, KeyRound } from 'lucide-react'
import { Link } from 'react-router'
import { useApp, useSessionState } from '../session/AppContext.tsx'
import { Button, buttonClass } from '../ui/Button.tsx'
import { ErrorBoundary } from '../ui/ErrorBoundary.tsx'
import { MessagePage } from '../ui/MessagePage.tsx'
import { SiteHeader } from '../ui/SiteHeader.tsx'
import { usePageTitle } from '../ui/use-page-title.ts'

// Few people ever see it, so it is no part of what everybody loads.
const AdminPage = lazy(() => import('./AdminPage.tsx').then((module) => ({ default: module.AdminPage })))

/** `/admin`, for whoever is signed in with an account: the page, or how to become somebody who may see it. */
export function AdminRoute() {
  const { session } = useApp()
  const state = useSessionState()
  usePageTitle('Administration')

  if (state.kind === 'signed-in' && !state.user.isGuest) {
    return (
      <>
        <SiteHeader />
        <ErrorBoundary fallback={<Unreachable onRetry={() => location.reload()} />}>
          <Suspense fallback={<Waiting />}>
            <AdminPage key={state.user.id} user={state.user} />
          </Suspense>
        </ErrorBoundary>
      </>
    )
  }
  return (
    <>
      <SiteHeader />
      {state.kind === 'starting' && <Waiting />}
      {state.kind === 'unreachable' && <Unreachable onRetry={() => void session.start()} />}
      {state.kind !== 'starting' && state.kind !== 'unreachable' && (
        <MessagePage
          icon={<KeyRound size={32} />}
          title="Sign in to go on"
          text="This page is for the accounts that look after this server."
          actions={
            <Link className={buttonClass('primary')} to="/signin?next=%2Fadmin">
              Sign in
            </Link>
          }
        />
      )}
    </>
  )
}

function Waiting() {
  return <div className="visually-hidden" role="status" aria-label="Loading" />
}

function Unreachable({ onRetry }: { onRetry: () => void }) {
  return (
    <MessagePage
      alert
      icon={<CloudAlert size={32} />}
      title="The server cannot be reached"
      text="What this page shows is on the server only. Check your connection and try again."
      actions={
        <Button look="primary" onClick={onRetry}>
          Try again
        </Button>
      }
    />
  )
}
