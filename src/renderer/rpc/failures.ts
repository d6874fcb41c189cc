import { ORPCError } from '@orpc/client'
import { failureSchema, SnipError, type Failure } from '../../contract/failure.ts'

/** The failure of a call that had no connection, or whose connection broke before its answer. */
export function connectionLost(): SnipError {
  return new SnipError('connection-lost', 'The connection to the workbench was lost', {
    remedy: 'It is taken up again by itself. Nothing is lost; try again once it is back.',
  })
}

/** The failure of every call of a page that the workbench does not know. */
export function connectionRefused(): SnipError {
  return new SnipError('connection-lost', 'The workbench does not know this page', {
    remedy: 'Open the address that snip serve printed; every start of it makes a new one.',
  })
}

/** Whatever a call threw as one sentence with what to do: failures of the workbench, lost connections, faults of ours. */
export function failureOf(error: unknown): Failure {
  if (error instanceof SnipError) return error.toFailure()
  if (error instanceof ORPCError) return failureOfCall(error)
  if (error instanceof Error && error.name === 'AbortError') return { kind: 'cancelled', message: 'Cancelled' }
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return { kind: 'internal', message: 'The workbench failed in an unexpected way', remedy: 'Try it again.', detail }
}

function failureOfCall(error: ORPCError<string, unknown>): Failure {
  const failure = failureSchema.safeParse(error.data)
  if (failure.success) return failure.data
  if (error.code === 'BAD_REQUEST') {
    const detail = JSON.stringify(error.data ?? null)
    const remedy = 'Check what was entered: something is empty, too long or out of range.'
    return { kind: 'bad-argument', message: 'The workbench cannot use this input', remedy, detail }
  }
  const remedy = 'Try it again; reload the page when it stays so.'
  return { kind: 'internal', message: `The workbench refused a call: ${error.message}`, remedy, detail: error.code }
}

/** True when a call failed for want of a connection: then a read may be repeated, and a write was perhaps done. */
export function isConnectionLoss(error: unknown): boolean {
  return error instanceof SnipError && error.kind === 'connection-lost'
}

/** True when a caller gave the call up itself: nothing to show. */
export function isCancel(error: unknown): boolean {
  return failureOf(error).kind === 'cancelled'
}

/** True where the same call may succeed later without other input. */
export function isRetriable({ kind }: Failure): boolean {
  const laterKinds: readonly Failure['kind'][] = [
    'busy',
    'disk-full',
    'out-of-memory',
    'cancelled',
    'host-died',
    'connection-lost',
    'internal',
    'not-found',
    'bad-file',
  ]
  return laterKinds.includes(kind)
}
