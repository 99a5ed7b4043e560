import type { ReactNode } from 'react'
import { SiteHeader } from '../ui/SiteHeader.tsx'
import './account.css'

/** The frame around the sign-in and the sign-up form. */
export function AccountPage({ title, lead, children }: { title: string; lead: ReactNode; children: ReactNode }) {
  return (
    <>
      <SiteHeader />
      <main id="content" className="account-page" tabIndex={-1}>
        <h1>{title}</h1>
        <p className="account-lead">{lead}</p>
        {children}
      </main>
    </>
  )
}
