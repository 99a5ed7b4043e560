import type { ErrorCode } from '@sketchroom/shared/error-codes'
import type { RouterContext } from '@koa/router'
import type { Middleware as KoaMiddleware, ParameterizedContext } from 'koa'

/** What a request carries with it. */
export interface RequestState {
  /** Made by us; it names the request in the answer, in a problem and in the log. */
  requestId: string
  /** Why it was refused, once it has been. */
  refusedWith?: ErrorCode
}

/** A request on its way through, before it has a route. */
export type Context = ParameterizedContext<RequestState>
/** A request that a route has been found for. */
export type RouteContext = RouterContext<RequestState>
/** One step of every request. */
export type Middleware = KoaMiddleware<RequestState>
