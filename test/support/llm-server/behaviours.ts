import type { ServerResponse } from 'node:http'

/** How the test server answers a request instead of well. Each is a thing that real servers have been seen to do. */
export type Misbehaviour =
  | {
      readonly kind: 'status'
      readonly status: 401 | 403 | 404 | 429 | 500 | 503 | 504 | 524
      readonly retryAfterSeconds?: number
      readonly code?: string
    }
  /** Accepts the request and says nothing until the client goes, or until the server hangs up. */
  | { readonly kind: 'stall'; readonly hangsUpAfterMs?: number }
  /** Sends the head and half of the body, then closes the connection. */
  | { readonly kind: 'cut' }
  | { readonly kind: 'bad-json' }
  /** Answers 200 with a page, as a login wall or a wrong address does. */
  | { readonly kind: 'html' }
  | { readonly kind: 'empty' }
  | { readonly kind: 'refused' }
  | { readonly kind: 'text'; readonly text: string; readonly finish?: 'stop' | 'length' }
  | { readonly kind: 'huge'; readonly bytes: number }
  | { readonly kind: 'redirect'; readonly location: string }
  /** Answers well and claims other token counts. */
  | { readonly kind: 'lying-usage'; readonly promptTokens: number; readonly completionTokens: number }
  /** Anything else. */
  | { readonly kind: 'own'; readonly answer: (response: ServerResponse, authorization: string) => void }
  /** Repeats one vector less than was asked for. */
  | { readonly kind: 'short-embeddings' }

/** What the server knows of a request when it chooses how to behave. */
export interface SeenRequest {
  /** From 0, over all requests of the server. */
  readonly index: number
  /** How often this very body was seen before, from 0. */
  readonly repetition: number
  readonly path: string
  readonly body: unknown
}

/** Null answers well. */
export type Behaviour = (request: SeenRequest) => Misbehaviour | null

/** Misbehaves on the first attempts of each request, as listed, then answers well. */
export function firstAttempts(...misbehaviours: readonly Misbehaviour[]): Behaviour {
  return ({ repetition }) => misbehaviours[repetition] ?? null
}

/** Every nth request misbehaves on its first attempt, in turn. */
export function everyNth(n: number, misbehaviours: readonly Misbehaviour[]): Behaviour {
  return ({ index, repetition }) =>
    repetition === 0 && index % n === n - 1
      ? (misbehaviours[Math.floor(index / n) % misbehaviours.length] ?? null)
      : null
}
