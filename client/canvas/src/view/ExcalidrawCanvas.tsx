import { Excalidraw, MainMenu } from '@excalidraw/excalidraw'
import type { ExcalidrawImperativeAPI, ExcalidrawProps } from '@excalidraw/excalidraw/types'
import '@excalidraw/excalidraw/index.css'
import { type DragEvent, type KeyboardEvent, useCallback, useEffect, useInsertionEffect, useRef } from 'react'
import { adaptPaste } from './adapt-paste.ts'
import { serveFontsFrom } from './asset-path.ts'
import type { HistoryStep } from '../binding/scene-view.ts'
import type { DrawingSurface, SurfaceEvents } from './drawing-surface.ts'
import { ExcalidrawSurface } from './excalidraw-surface.ts'

const UI_OPTIONS: NonNullable<ExcalidrawProps['UIOptions']> = {
  canvasActions: {
    changeViewBackgroundColor: false,
    clearCanvas: false,
    export: false,
    loadScene: false,
    saveToActiveFile: false,
    toggleTheme: false,
  },
  tools: { image: false },
}

/** Four corners with something between them, in the manner of the editor's own icons. */
const EVERYTHING_ICON = (
  <svg viewBox="0 0 20 20" fill="none" stroke="currentColor" strokeWidth="1.25" strokeLinecap="round" aria-hidden>
    <path d="M3 7V3h4M13 3h4v4M17 13v4h-4M7 17H3v-4" />
    <rect x="7" y="7.5" width="6" height="5" rx="1" />
  </svg>
)

interface ExcalidrawCanvasProps extends SurfaceEvents {
  /** Where the fonts are: the server's http(s) address. */
  readonly serverUrl: string
  readonly theme: 'light' | 'dark'
  readonly viewMode: boolean
  /** Called once, when the editor has started and will not reset its scene any more. */
  readonly onReady: (surface: DrawingSurface) => void
}

/** Excalidraw, without what needs another server. This folder alone imports it. */
export function ExcalidrawCanvas({ serverUrl, theme, viewMode, onReady, onChange, onPointer }: ExcalidrawCanvasProps) {
  const container = useRef<HTMLDivElement>(null)
  const surface = useRef<ExcalidrawSurface>(undefined)
  const starting = useRef<ReturnType<typeof setTimeout>>(undefined)
  const started = useRef(false)

  // Before the editor's own effects, of which the first asks for fonts.
  useInsertionEffect(() => serveFontsFrom(serverUrl), [serverUrl])
  useEffect(
    () => () => {
      clearTimeout(starting.current)
      started.current = false
      starting.current = undefined
    },
    [],
  )

  useEffect(() => {
    const note = (event: Event) => surface.current?.noteInput(event)
    const element = container.current
    // React's own `onBeforeInput` is another event than the browser's.
    for (const type of ['beforeinput', 'input']) element?.addEventListener(type, note, true)
    return () => {
      for (const type of ['beforeinput', 'input']) element?.removeEventListener(type, note, true)
    }
  }, [])

  const takeApi = useCallback((api: ExcalidrawImperativeAPI) => {
    surface.current = new ExcalidrawSurface(api, () => container.current)
  }, [])

  const handleChange = useCallback(() => {
    const present = surface.current
    if (!present) return
    if (started.current) {
      present.dropUnsupported()
      onChange()
    } else {
      // Excalidraw empties its scene when it has started, under StrictMode twice, in microtasks of its own.
      starting.current ??= setTimeout(() => {
        started.current = true
        onReady(present)
      })
    }
  }, [onChange, onReady])

  const handlePointer = useCallback<NonNullable<ExcalidrawProps['onPointerUpdate']>>(
    ({ pointer, button }) => onPointer({ ...pointer, down: button === 'down' }),
    [onPointer],
  )

  function handleKey(event: KeyboardEvent): void {
    withholdKey(event)
    noteStep(stepOfKey(event))
    // The editor's own answer to it shows the middle of the drawing, where there may be nothing.
    if (!isEverythingKey(event)) return
    event.stopPropagation()
    surface.current?.zoomToFit()
  }

  function noteStep(step: HistoryStep | undefined): void {
    if (step) surface.current?.noteStep(step)
  }

  function refuseFiles(event: DragEvent): void {
    if (!event.dataTransfer.types.includes('Files')) return
    event.preventDefault()
    event.stopPropagation()
    if (event.type === 'drop') surface.current?.refuseFiles()
  }

  return (
    <div
      ref={container}
      className="sketchroom-canvas"
      onDropCapture={refuseFiles}
      onDragOverCapture={refuseFiles}
      onKeyDownCapture={handleKey}
      onClickCapture={({ target }) => noteStep(stepOfButton(target))}
      onCompositionStart={() => surface.current?.setComposing(true)}
      onCompositionEnd={() => {
        surface.current?.setComposing(false)
        onChange()
      }}
    >
      <Excalidraw
        excalidrawAPI={takeApi}
        onChange={handleChange}
        onPointerUpdate={handlePointer}
        onPaste={handlePaste}
        theme={theme}
        viewModeEnabled={viewMode}
        UIOptions={UI_OPTIONS}
        validateEmbeddable={false}
        aiEnabled={false}
        isCollaborating
        autoFocus
      >
        <MainMenu>
          <MainMenu.DefaultItems.SaveAsImage />
          <MainMenu.DefaultItems.SearchMenu />
          <MainMenu.Item icon={EVERYTHING_ICON} shortcut="Shift+1" onSelect={() => surface.current?.zoomToFit()}>
            Show everything
          </MainMenu.Item>
          <MainMenu.DefaultItems.Help />
        </MainMenu>
      </Excalidraw>
    </div>
  )
}

const handlePaste: NonNullable<ExcalidrawProps['onPaste']> = (data) => {
  // The editor goes on with what the object then holds.
  if (data.elements && !data.programmaticAPI) {
    const adapted: readonly unknown[] = adaptPaste(
      data.elements as readonly unknown[] as Parameters<typeof adaptPaste>[0],
    )
    data.elements = adapted as typeof data.elements
  }
  return true
}

/** Undo and redo, as the editor's help has them. */
function stepOfKey({ key, ctrlKey, metaKey, shiftKey }: KeyboardEvent): HistoryStep | undefined {
  if (!ctrlKey && !metaKey) return undefined
  if (key.toLowerCase() === 'y') return 'redo'
  return key.toLowerCase() === 'z' ? (shiftKey ? 'redo' : 'undo') : undefined
}

function stepOfButton(target: EventTarget): HistoryStep | undefined {
  const isOn = (name: string) => target instanceof Element && target.closest(`[data-testid="button-${name}"]`) !== null
  return isOn('undo') ? 'undo' : isOn('redo') ? 'redo' : undefined
}

/** Shift+1, as the editor's help has it: where is everything? */
function isEverythingKey({ code, target, shiftKey, altKey, ctrlKey, metaKey }: KeyboardEvent): boolean {
  const isWriting = target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement
  return code === 'Digit1' && shiftKey && !altKey && !ctrlKey && !metaKey && !isWriting
}

/** Keeps keys from the editor that it takes whatever its options say. What the browser does with them stays. */
function withholdKey(event: KeyboardEvent): void {
  if (!event.ctrlKey && !event.metaKey) return
  const clearsTheCanvas = event.key === 'Delete' || event.key === 'Backspace'
  const praisesTheCommandPalette = event.key.toLowerCase() === 'p'
  if (clearsTheCanvas || praisesTheCommandPalette) event.stopPropagation()
}
