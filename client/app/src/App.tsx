import { Route, Routes } from 'react-router'
import { AdminRoute } from './admin/AdminRoute.tsx'
import { SignInPage } from './account/SignInPage.tsx'
import { SignUpPage } from './account/SignUpPage.tsx'
import { BoardRoute } from './board/BoardRoute.tsx'
import { HomePage } from './home/HomePage.tsx'
import { NotFoundPage } from './NotFoundPage.tsx'
import { ErrorBoundary } from './ui/ErrorBoundary.tsx'
import { Toasts } from './ui/Toasts.tsx'
import { UpdateNotice } from './update/UpdateNotice.tsx'

/** The pages and their addresses. The service worker knows the same addresses (`sw/strategy.ts`). */
export function App() {
  return (
    <ErrorBoundary>
      <Toasts lasting={<UpdateNotice />}>
        <a className="skip-link" href="#content">
          Skip to content
        </a>
        <Routes>
          <Route path="/" element={<HomePage />} />
          <Route path="/r/:roomId" element={<BoardRoute />} />
          <Route path="/signin" element={<SignInPage />} />
          <Route path="/signup" element={<SignUpPage />} />
          <Route path="/admin/*" element={<AdminRoute />} />
          <Route path="*" element={<NotFoundPage />} />
        </Routes>
      </Toasts>
    </ErrorBoundary>
  )
}
