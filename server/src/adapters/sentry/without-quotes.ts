const LONGEST = 500

/** What in an error's message may be somebody's: what it quotes, tokens, mail and network addresses, credentials in a URL. */
const QUOTES = new RegExp(
  [
    /"[^]*"/, // as PostgreSQL and JSON.parse quote what they were given, in which there may be quotes again
    /"[^]*/,
    /\S*@\S*/,
    /[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}/, // a signed token
    /\d{1,3}(?:\.\d{1,3}){3}/,
    /\[?(?:[\da-f]{0,4}:){3,}[\da-f.]*\]?/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'gi',
)

/** An error's message without what it quotes: what is sent to somebody else's server holds nothing of anybody's. */
export function withoutQuotes(message: string): string {
  return message.slice(0, LONGEST).replaceAll(QUOTES, '…')
}
