/** What a file is called by a board's name: no system takes all signs. */
export function fileNameOf(board: string): string {
  // oxlint-disable-next-line no-control-regex
  const name = board.replace(/[\\/:*?"<>|\u0000-\u001f]+/g, '-').replace(/^[.\s-]+|[.\s-]+$/g, '')
  return `${name || 'Drawing'}.excalidraw`
}
