import type { PresenceUser } from '@sketchroom/shared/presence'
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
import type { GetToken } from './collab/get-token.ts'
import type { RoomSession } from './collab/room-session.ts'
import type { SavingStatus } from './collab/saving-status.ts'
import { findTokenUser } from './presence/own-user.ts'
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

/** A board on the screen. Another `room` or `serverUrl` opens another board; callbacks may change at any time. */
export interface SharedCanvasProps {
  /** The room's id. */
  readonly room: string
  /** Where the server is: an http(s) origin. The fonts of texts come from there, too. */
  readonly serverUrl: string
  /** Called for each connection and each renewal; a host that keeps tokens looks at `refused`. */
  readonly getToken: GetToken
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

/** The shared whiteboard. */
export function SharedCanvas({ ref, ...props }: SharedCanvasProps) {
  return <Board key={`${props.serverUrl}/${props.room}`} {...props} handle={ref} />
}

type BoardProps = Omit<SharedCanvasProps, 'ref'> & { readonly handle: Ref<SharedCanvasHandle> | undefined }

function Board({ handle, ...props }: BoardProps) {
  const { room, serverUrl, getToken, theme, mode = 'edit', onStatus, onRole, onPeople, onReady, onError } = props
  const [surface, setSurface] = useState<DrawingSurface>()
  const board = useRef<SharedBoard>(undefined)
  const self = useRef<PresenceUser>(undefined)

  const leave = useCallback(() => {
    board.current?.destroy()
    board.current = undefined
  }, [])
  // What is in hand is written before the session closes, and before the editor, which empties itself, is unmounted:
  // only a parent's layout effects are that early.
  useLayoutEffect(() => leave, [leave])
  const askToken: GetToken = async (request) => {
    const token = await getToken(request)
    self.current = findTokenUser(token)
    return token
  }
  const session = useRoomSession(room, serverUrl, askToken)
  const writable = useMayDraw(session) && mode === 'edit'

  const tellSession = useEffectEvent(({ status, role }: RoomSession) => {
    onStatus?.(status)
    onRole?.(role)
  })
  const tellReady = useEffectEvent((opened: RoomSession) => {
    onReady?.()
    if (schemaState(opened.doc) === 'newer') onError?.(new Error('This board was drawn with a newer version.'))
  })
  const tellPeople = useEffectEvent((people: readonly Person[]) => onPeople?.(people))
  const isWritable = useEffectEvent(() => writable)

  useEffect(() => {
    if (!session) return
    tellSession(session)
    return session.subscribe(() => tellSession(session))
  }, [session])

  useEffect(() => {
    if (!session || !surface) return
    let left = false
    const join = async () => {
      await somethingToShow(session)
      if (left) return
      board.current = new SharedBoard({
        session,
        surface,
        clock: systemClock,
        writable: isWritable(),
        getSelf: () => self.current,
        onPeople: (people) => tellPeople(people),
      })
      surface.goToDrawing()
      tellReady(session)
    }
    void join()
    return () => {
      left = true
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
    handle,
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
      viewMode={!writable}
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
