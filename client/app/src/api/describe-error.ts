import { ApiError, OfflineError } from './api-error.ts'

/** Says in a sentence or two what went wrong and what helps, for people. */
export function describeError(error: unknown): string {
  if (error instanceof OfflineError) {
    return 'The server cannot be reached. Check your connection and try again.'
  }
  if (!(error instanceof ApiError)) {
    return 'Something went wrong in this page. Reload it and try again.'
  }
  switch (error.code) {
    case 'unauthenticated':
    case 'refresh_reused':
      return 'You are signed out. Sign in and try again.'
    case 'invalid_credentials':
      return 'The e-mail address and the password do not match.'
    case 'forbidden':
      return 'Your role on this board does not allow that.'
    case 'not_found':
      return 'That is not there any more, or you may not see it.'
    case 'room_deleted':
      return 'This board was deleted.'
    case 'email_taken':
      return 'There is an account with this e-mail address already.'
    case 'guests_off':
      return 'This server lets in only people with an account. Sign in to go on.'
    case 'last_owner':
      return 'A board needs an owner. Make somebody else an owner first.'
    case 'left':
      return 'You have left this board.'
    case 'rate_limited':
      return error.retryAfterSeconds
        ? `That was too often. Try again in ${error.retryAfterSeconds} seconds.`
        : 'That was too often. Wait a moment and try again.'
    case 'store_unavailable':
    case 'shutting_down':
      return 'The server cannot save right now. Try again in a moment.'
    case 'internal':
      return 'Something went wrong on the server. Try again in a moment.'
    default:
      return error.message
  }
}
