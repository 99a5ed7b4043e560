import { elementOf } from '@sketchroom/shared/scene/codec'
import { readElements } from '@sketchroom/shared/scene/document'
import { compareOrder } from '@sketchroom/shared/scene/order'
import { SceneReader } from '@sketchroom/shared/scene/scene-reader'
import type * as Y from 'yjs'

/** The drawing as an `.excalidraw` file, which Excalidraw and others open. `source` says where it was made. */
export function drawingFile(doc: Y.Doc, source: string): string {
  const reader = new SceneReader(doc)
  const all = readElements(doc)
  reader.note(all)
  const elements = reader.together(() =>
    [...all.keys()].flatMap((id) => {
      const values = reader.read(id)
      if (!values || values.keys['isDeleted'] === true) return []
      return [{ ...elementOf(id, values), boundElements: reader.boundTo(id) }]
    }),
  )
  elements.sort(compareOrder)
  return JSON.stringify({ type: 'excalidraw', version: 2, source, elements, appState: {}, files: {} }, null, 2)
}
