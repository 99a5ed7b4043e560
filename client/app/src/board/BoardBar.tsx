import { Share2 } from 'lucide-react'
import { Link } from 'react-router'
import type { Person, SavingStatus } from '@sketchroom/canvas'
import { AccountMenu } from '../account/AccountMenu.tsx'
import { Button } from '../ui/Button.tsx'
import { LogoMark } from '../ui/Logo.tsx'
import { useIsPhone } from '../ui/use-is-phone.ts'
import { BoardName } from './BoardName.tsx'
import type { OpenBoard } from './board-state.ts'
import { othersOnce } from './others-once.ts'
import { People } from './People.tsx'
import { PeopleItems } from './PeopleItems.tsx'
import { mayRename } from './permissions.ts'
import { StatusBadge } from './StatusBadge.tsx'

interface BoardBarProps {
  readonly board: OpenBoard | undefined
  readonly status: SavingStatus
  readonly people: readonly Person[]
  readonly onFollow: (clientId: number | null) => void
  readonly onRename: (name: string) => Promise<void>
  readonly onShare: () => void
}

/** The bar above a board. On a phone one button stands for the others and one's own account. */
export function BoardBar({ board, status, people, onFollow, onRename, onShare }: BoardBarProps) {
  const isPhone = useIsPhone()
  const others = othersOnce(people)
  return (
    <header className="board-bar">
      <Link className="board-home" to="/" aria-label="All boards" title="All boards">
        <LogoMark sizePx={28} />
      </Link>
      <div className="board-title">
        {board ? (
          <BoardName name={board.name} isEditable={mayRename(board.role)} onRename={onRename} />
        ) : (
          <span className="skeleton board-name-skeleton" />
        )}
        <StatusBadge status={status} />
      </div>
      {!isPhone && <People others={others} onFollow={onFollow} />}
      <Button
        look="primary"
        className="board-share"
        icon={<Share2 size={18} aria-hidden="true" />}
        disabled={!board}
        onClick={onShare}
      >
        Share
      </Button>
      <div className="board-account">
        <AccountMenu peopleHere={isPhone ? others.length : 0}>
          {isPhone && <PeopleItems others={others} onFollow={onFollow} />}
        </AccountMenu>
      </div>
    </header>
  )
}
