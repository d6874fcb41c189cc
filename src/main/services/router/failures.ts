import { ORPCError } from '@orpc/server'
import { SnipError, toSnipError, type Failure } from '../../../contract/failure.ts'
import { guardStream } from '../../engine-host/client/guard-stream.ts'

/** What a caller gets for whatever was thrown: the contract's `FAILURE`. */
export function asFailure(error: unknown): ORPCError<string, unknown> {
  if (error instanceof ORPCError && !(error.cause instanceof SnipError)) return error
  const failure = toSnipError(error).toFailure()
  return new ORPCError('FAILURE', { message: failure.message, data: failure satisfies Failure })
}

/** Middleware for every procedure: `implement(workbenchContract.datasets).use(handle)`. Streams are covered too. */
export async function handle<Result extends { output: unknown }>({
  next,
}: {
  readonly next: () => PromiseLike<Result> | Result
}) {
  try {
    const result = await next()
    return { ...result, output: guardStream(result.output, asFailure) }
  } catch (error) {
    throw asFailure(error)
  }
}
