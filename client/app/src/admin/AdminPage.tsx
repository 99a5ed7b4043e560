import { useMemo } from 'react'
import { Navigate, NavLink, Route, Routes } from 'react-router'
import type { User } from '@sketchroom/shared/api/auth'
import { createAdminApi } from '../api/admin.ts'
import { useApp } from '../session/AppContext.tsx'
import { BlocksSection } from './BlocksSection.tsx'
import { BoardsSection } from './BoardsSection.tsx'
import { NotNamed } from './NotNamed.tsx'
import { PeopleSection } from './PeopleSection.tsx'
import { QuarantineSection } from './QuarantineSection.tsx'
import { StorageSection } from './StorageSection.tsx'
import './admin.css'

const SECTIONS = [
  ['/admin', 'Boards'],
  ['/admin/people', 'People'],
  ['/admin/storage', 'Storage'],
  ['/admin/quarantine', 'Set aside'],
  ['/admin/blocks', 'Blocked addresses'],
] as const

/** What is on the server, and what can be done about it. The server decides who may see it, whatever this page shows. */
export function AdminPage({ user }: { user: User }) {
  const { session } = useApp()
  const api = useMemo(() => createAdminApi(session.send), [session])
  if (!user.isAdmin) return <NotNamed user={user} />
  const section = { api, adminId: user.id }
  return (
    <main id="content" className="admin" tabIndex={-1}>
      <h1>Administration</h1>
      <nav className="admin-nav" aria-label="Administration">
        {SECTIONS.map(([path, name]) => (
          <NavLink key={path} to={path} end className="admin-tab">
            {name}
          </NavLink>
        ))}
      </nav>
      <Routes>
        <Route index element={<BoardsSection {...section} />} />
        <Route path="people" element={<PeopleSection {...section} />} />
        <Route path="storage" element={<StorageSection {...section} />} />
        <Route path="quarantine" element={<QuarantineSection {...section} />} />
        <Route path="blocks" element={<BlocksSection {...section} />} />
        <Route path="*" element={<Navigate to="/admin" replace />} />
      </Routes>
    </main>
  )
}
