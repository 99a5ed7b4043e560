import { serverAddress } from '@sketchroom/shared/api/server-address'
import { listFonts } from './font-faces.ts'

declare global {
  // Excalidraw reads it, before its CDN, when it first lists its fonts, once for the page.
  var EXCALIDRAW_ASSET_PATH: string | string[] | undefined
}

/**
 * Lets Excalidraw fetch its fonts from a SketchRoom server, an http(s) address, whatever page it is in: a host's own
 * page has none, and a CDN is nobody's business here. Call it before the editor mounts. A path that the host has
 * set itself stays, and of two servers on one page the first one serves.
 */
export function serveFontsFrom(serverUrl: string): void {
  globalThis.EXCALIDRAW_ASSET_PATH ??= `${serverAddress(serverUrl)}/excalidraw/`
  listFonts()
}
