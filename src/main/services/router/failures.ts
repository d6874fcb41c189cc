import { ORPCError } from '@orpc/server'
import { SnipError, toSnipError, type Failure } from '../../../contract/failure.ts'
import { guardStream } from '../../engine-host/client/guard-stream.ts'
import { withoutFlags } from '../flag-words.ts'

/** What a caller gets for whatever was thrown: the contract's `FAILURE`. */
export function asFailure(error: unknown): ORPCError<string, unknown> {
  if (error instanceof ORPCError && !(error.cause instanceof SnipError)) return error
  const failure = toSnipError(withoutFlags(error)).toFailure()
  return new ORPCError('FAILURE', { message: failure.message, data: failure satisfies Failure })
}

/**
 * Middleware for every procedure: `implement(workbenchContract.datasets).use(handleFor(session))`. Streams are covered too. The stack of
 * an unexpected error holds paths of this machine: it goes to the log and not to the page.
 */
export function handleFor({ log }: { readonly log: (line: string) => void }) {
  const toCaller = (error: unknown) => {
    const failure = asFailure(error)
    const { data } = failure as { data?: Failure }
    if (data?.kind !== 'internal' || data.detail === undefined) return failure
    log(data.detail)
    const { detail: _stack, ...rest } = data
    return new ORPCError('FAILURE', { message: rest.message, data: rest satisfies Failure })
  }
  return async function handle<Result extends { output: unknown }>({
    next,
  }: {
    readonly next: () => PromiseLike<Result> | Result
  }) {
    try {
      const result = await next()
      return { ...result, output: guardStream(result.output, toCaller) }
    } catch (error) {
      throw toCaller(error)
    }
  }
}
