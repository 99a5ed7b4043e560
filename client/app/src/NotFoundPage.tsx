import { Map as MapIcon } from 'lucide-react'
import { Link } from 'react-router'
import { buttonClass } from './ui/Button.tsx'
import { MessagePage } from './ui/MessagePage.tsx'
import { usePageTitle } from './ui/use-page-title.ts'

/** An address that leads nowhere. */
export function NotFoundPage() {
  usePageTitle('Page not found')
  return (
    <MessagePage
      whole
      icon={<MapIcon size={32} />}
      title="There is nothing here"
      text="The address may be mistyped, or the page has moved."
      actions={
        <Link className={buttonClass('primary')} to="/">
          Go to your boards
        </Link>
      }
    />
  )
}
