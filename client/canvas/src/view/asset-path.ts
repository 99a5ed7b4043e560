/** Where the app serves Excalidraw's fonts: they lie at `/excalidraw/fonts/…`. */
export const EXCALIDRAW_ASSET_PATH = '/excalidraw/'

// Excalidraw reads this when it first needs a font, and asks a CDN when it is not set.
Object.assign(globalThis, { EXCALIDRAW_ASSET_PATH })
