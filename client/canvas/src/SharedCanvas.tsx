import type { Role } from '@sketchroom/shared/roles'
import { schemaState } from '@sketchroom/shared/scene/migrations'
import {
  type Ref,
  useCallback,
  useEffect,
  useEffectEvent,
  useImperativeHandle,
  useLayoutEffect,
  useRef,
  useState,
} from 'react'
import { systemClock } from './binding/clock.ts'
import './canvas.css'
import type { GetToken } from './collab/room-connection.ts'
import type { RoomSession } from './collab/room-session.ts'
import type { SavingStatus } from './collab/saving-status.ts'
import type { DeviceStorage } from './device/room-on-device.ts'
import type { Person } from './presence/people.ts'
import { SharedBoard } from './shared-board.ts'
import { usePreferredTheme } from './use-preferred-theme.ts'
import { somethingToShow, useMayDraw, useRoomSession } from './use-room-session.ts'
import type { DrawingSurface, Pointer } from './view/drawing-surface.ts'
import { ExcalidrawCanvas } from './view/ExcalidrawCanvas.tsx'

/** What a host can tell the canvas to do. */
export interface SharedCanvasHandle {
  /** Follows what somebody sees; null stops. */
  follow(clientId: number | null): void
  /** Takes the keyboard. */
  focus(): void
  /** Shows all that is drawn. */
  zoomToFit(): void
}

/** What is shown, and how. Callbacks may change at any time. */
export interface CanvasProps {
  /** The board; another session is another board. */
  readonly session: RoomSession
  /** Where the fonts of texts come from: the server's http(s) address, with the path below which it lies. */
  readonly serverUrl: string
  readonly theme: 'light' | 'dark' | 'system'
  /** `view` never draws; `edit`, the default, draws when the server lets the person. */
  readonly mode?: 'edit' | 'view'
  readonly onStatus?: (status: SavingStatus) => void
  readonly onRole?: (role: Role | undefined) => void
  readonly onPeople?: (people: readonly Person[]) => void
  /** The drawing is on the screen, as this device or the server has it. */
  readonly onReady?: () => void
  /** Something that the person should know went wrong, such as a board that a newer version has written. */
  readonly onError?: (error: Error) => void
  readonly ref?: Ref<SharedCanvasHandle>
}

/** A board on the screen. Another `room`, `serverUrl` or person opens another board. */
export interface SharedCanvasProps extends Omit<CanvasProps, 'session'> {
  /** The room's id. */
  readonly room: string
  /** Where the server is: its http(s) address, with the path below which it lies. The fonts of texts come from there, too. */
  readonly serverUrl: string
  /** Called for each connection and each renewal; a host that keeps tokens looks at `refused`. */
  readonly getToken: GetToken
  /**
   * Whose edits are stored on this device, by a name that nobody else has there, or `none`. Left out, it is whom the token
   * was made for, and what is stored shows when that has come: a page that opens without a network names the person.
   */
  readonly storage?: DeviceStorage | undefined
}

/** The shared whiteboard, with a session of its own. */
export function SharedCanvas(props: SharedCanvasProps) {
  const { room, serverUrl, storage } = props
  const person = storage === 'none' ? storage : storage?.person
  return <OwnSession key={JSON.stringify([serverUrl, room, person])} {...props} />
}

function OwnSession({ room, getToken, storage, ...props }: SharedCanvasProps) {
  const session = useRoomSession({ room, serverUrl: props.serverUrl, getToken, storage })
  return session && <Canvas {...props} session={session} />
}

/** The whiteboard of a session that somebody else holds. */
export function Canvas(props: CanvasProps) {
  return <Board key={numberOf(props.session)} {...props} />
}

const numbers = new WeakMap<RoomSession, number>()
let count = 0

/** React tells by keys what is another component; sessions have none. */
function numberOf(session: RoomSession): number {
  const number = numbers.get(session) ?? (count += 1)
  numbers.set(session, number)
  return number
}

function Board({ ref, session, serverUrl, theme, mode = 'edit', ...callbacks }: CanvasProps) {
  const { onStatus, onRole, onPeople, onReady, onError } = callbacks
  const [surface, setSurface] = useState<DrawingSurface>()
  /** Before that nobody would count or store what is drawn: there are no tools. */
  const [isJoined, setIsJoined] = useState(false)
  const board = useRef<SharedBoard>(undefined)
  const wasDamaged = useRef(false)

  const leave = useCallback(() => {
    board.current?.destroy()
    board.current = undefined
  }, [])
  // What is in hand is written before the session closes, and before the editor, which empties itself, is unmounted:
  // only a parent's layout effects are that early.
  useLayoutEffect(() => leave, [leave])
  const writable = useMayDraw(session) && mode === 'edit'

  const tellSession = useEffectEvent(({ status, role }: RoomSession) => {
    onStatus?.(status)
    onRole?.(role)
    const isDamaged = status.kind === 'damaged'
    if (isDamaged && !wasDamaged.current) onError?.(new Error('This board cannot be read completely.'))
    wasDamaged.current = isDamaged
  })
  const tellReady = useEffectEvent((opened: RoomSession) => {
    onReady?.()
    if (schemaState(opened.doc) === 'newer') onError?.(new Error('This board was drawn with a newer version.'))
  })
  const tellPeople = useEffectEvent((people: readonly Person[]) => onPeople?.(people))
  const isWritable = useEffectEvent(() => writable)

  useEffect(() => {
    tellSession(session)
    return session.subscribe(() => tellSession(session))
  }, [session])

  useEffect(() => {
    if (!surface) return
    let left = false
    const join = async () => {
      await somethingToShow(session)
      if (left) return
      board.current = new SharedBoard({
        session,
        surface,
        clock: systemClock,
        writable: isWritable(),
        getSelf: () => session.user,
        onPeople: (people) => tellPeople(people),
      })
      setIsJoined(true)
      surface.goToDrawing()
      tellReady(session)
    }
    void join()
    return () => {
      left = true
      setIsJoined(false)
      leave()
    }
  }, [session, surface, leave])

  useEffect(() => {
    // It is the host that ends the drawing here: the server still takes what is in hand.
    if (mode === 'view') board.current?.flush()
    board.current?.setWritable(writable)
  }, [writable, mode])
  useEffect(() => whenPageHides(() => board.current?.flush()), [])

  useImperativeHandle(
    ref,
    () => ({
      follow: (clientId) => board.current?.follow(clientId),
      focus: () => surface?.focus(),
      zoomToFit: () => surface?.zoomToFit(),
    }),
    [surface],
  )

  return (
    <ExcalidrawCanvas
      serverUrl={serverUrl}
      theme={usePreferredTheme(theme)}
      viewMode={!writable || !isJoined}
      onReady={setSurface}
      onChange={useCallback(() => board.current?.surfaceChanged(), [])}
      onPointer={useCallback((pointer: Pointer) => board.current?.pointerMoved(pointer), [])}
    />
  )
}

/** Calls when the page may be about to go: a phone closes it without a word. Returns what ends it. */
function whenPageHides(call: () => void): () => void {
  const callWhenHidden = () => document.hidden && call()
  window.addEventListener('pagehide', call)
  document.addEventListener('visibilitychange', callWhenHidden)
  return () => {
    window.removeEventListener('pagehide', call)
    document.removeEventListener('visibilitychange', callWhenHidden)
  }
}
