import { Link } from 'react-router'
import { AccountMenu } from '../account/AccountMenu.tsx'
import { Logo } from './Logo.tsx'
import './site-header.css'

/** The head of every page but the board: the way home, and who one is. */
export function SiteHeader() {
  return (
    <header className="site-header">
      <Link to="/" className="site-header-home" aria-label="SketchRoom, home">
        <Logo />
      </Link>
      <AccountMenu />
    </header>
  )
}
