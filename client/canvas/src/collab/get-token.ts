/**
 * Fetches a token, for each connection and each renewal. `refused` tells that the server turned the last one away:
 * whoever keeps tokens then needs another. May reject: an error with a SketchRoom error code as `code` says why
 * there is no access, any other means that there is no network now.
 */
export type GetToken = (request: { readonly refused: boolean }) => Promise<string>
