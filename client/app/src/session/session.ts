import type { AuthPolicy } from '@sketchroom/shared/api/auth'
import type { SendSignedIn } from '../api/rooms.ts'
import type { SessionState } from './session-state.ts'
import type { Value } from './value.ts'

/** Who is signed in, and the tokens that prove it. The access token lives in memory only. */
export interface Session {
  readonly state: Value<SessionState>
  /** Finds out who is here. Never rejects: the outcome is the state. */
  start(): Promise<void>
  /** Who may come to this server, whoever is here. */
  findPolicy(): Promise<AuthPolicy>
  /**
   * Signs in silently as a guest unless somebody is signed in. Rejects with 401 when an account's sign-in ended, and with
   * `guests_off` when the server lets in no guests.
   */
  ensure(): Promise<void>
  /** Becomes a new guest, whoever was here before. */
  continueAsGuest(): Promise<void>
  /**
   * An access token that is valid for at least a minute more; when the server `refused` the last one, another,
   * whatever the clocks say. Rejects with `ApiError` 401 or `OfflineError`.
   */
  getToken(request?: { readonly refused: boolean }): Promise<string>
  /** Sends a request with a token; if the server calls it invalid, once more with a new one. */
  readonly send: SendSignedIn
  /** Both forget what this device keeps of another person, who does not become the account. */
  signUp(account: { email: string; password: string; name: string }): Promise<void>
  signIn(account: { email: string; password: string }): Promise<void>
  rename(name: string): Promise<void>
  /** Ends the session on the server. What the device keeps is not touched. */
  signOut(): Promise<void>
}
