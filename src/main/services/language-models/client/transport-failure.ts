import { SnipError, type FailureKind } from '../../../../contract/failure.ts'
import type { ConnectionProblem } from '../../../../contract/workbench/providers.ts'
import type { RefusedParameter } from './dialects.ts'

/** Why one attempt at a request failed, and what that means for the next. */
export class TransportFailure extends Error {
  readonly failure: SnipError
  readonly problem: ConnectionProblem
  /** `later`: may go well after a while; `slower`: the server asks for fewer requests; `soon`: its answer was unusable. */
  readonly retry: 'never' | 'soon' | 'later' | 'slower'
  /** What the server said about when to come again, in milliseconds. */
  readonly retryAfterMs: number | null
  /** The server may have worked, and charge for it, although no answer came. */
  readonly maybePaid: boolean
  /** What the model does not take: without it, the question may be answered. */
  readonly refuses: RefusedParameter | null

  constructor(
    kind: FailureKind,
    problem: ConnectionProblem,
    message: string,
    remedy: string,
    more: {
      readonly retry?: TransportFailure['retry']
      readonly retryAfterMs?: number | null
      readonly maybePaid?: boolean
      readonly refuses?: RefusedParameter | null
    } = {},
  ) {
    super(message)
    this.name = 'TransportFailure'
    this.failure = new SnipError(kind, message, { remedy })
    this.problem = problem
    this.retry = more.retry ?? 'never'
    this.retryAfterMs = more.retryAfterMs ?? null
    this.maybePaid = more.maybePaid ?? false
    this.refuses = more.refuses ?? null
  }
}

/** The failure inside whatever a package made of it. Anything else is an answer that cannot be used. */
export function transportFailureOf(error: unknown, host: string): TransportFailure {
  let at: unknown = error
  for (let depth = 0; depth < 8 && at instanceof Error; depth++) {
    if (at instanceof TransportFailure) return at
    if (at instanceof SnipError) return asTransport(at)
    at = at.cause
  }
  // Its message may hold what the server sent: only what happened is said.
  return new TransportFailure(
    'llm-reply',
    'not-compatible',
    `${host} answered something that is not what OpenAI's servers answer`,
    'Check the address; try the connection in the settings.',
    {
      retry: 'soon',
      maybePaid: true,
    },
  )
}

function asTransport(error: SnipError): TransportFailure {
  const isReply = error.kind === 'llm-reply'
  const problem = error.kind === 'offline' ? 'offline' : isReply ? 'not-compatible' : 'other'
  return new TransportFailure(error.kind, problem, error.message, error.remedy ?? 'Try again.', {
    retry: isReply ? 'soon' : 'never',
    maybePaid: isReply,
  })
}
