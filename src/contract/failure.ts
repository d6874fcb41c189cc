import { z } from 'zod'

/** Classes of failure that callers react to. `bad-*` and the others of `inputFailureKinds` are the user's to mend. */
export const failureKindSchema = z.enum([
  'bad-argument',
  'bad-model',
  'bad-tokenizer',
  'bad-data',
  'bad-plan',
  'bad-file',
  'unsupported-model',
  'not-found',
  'exists',
  'busy',
  'disk-full',
  'out-of-memory',
  'provider-unavailable',
  'not-finite',
  'verification-failed',
  'cancelled',
  /** A server of language models refuses the key, or none can be had. */
  'llm-key',
  /** It has no more to give: a limit of the account, or it asks to wait too long. */
  'llm-quota',
  /** It does not know the model, or the model cannot do what was asked. */
  'llm-model',
  /** It cannot be reached, does not answer, or is broken. */
  'llm-unreachable',
  /** What it answers cannot be used, or comes from somewhere else. */
  'llm-reply',
  /** The offline switch is on. */
  'offline',
  /** A cap in money or tokens is reached. */
  'budget',
  'host-died',
  /** Only callers make it: the page has no connection to the main side. */
  'connection-lost',
  'internal',
])
export type FailureKind = z.infer<typeof failureKindSchema>

/** A failure as data, as it crosses a process boundary or stands in a result in place of a number. */
export const failureSchema = z.object({
  kind: failureKindSchema,
  /** One sentence: what is wrong and where. */
  message: z.string(),
  /** One sentence: what to do about it. */
  remedy: z.string().optional(),
  /** Raw detail for the log: a native message, an exit signal. */
  detail: z.string().optional(),
})
export type Failure = z.infer<typeof failureSchema>

const faultKinds: ReadonlySet<FailureKind> = new Set([
  'host-died',
  'connection-lost',
  'internal',
  'verification-failed',
  'cancelled',
])

/** An error with a kind, a sentence for the user and what to do. Every expected failure is one of these. */
export class SnipError extends Error {
  readonly kind: FailureKind
  readonly remedy: string | undefined
  readonly detail: string | undefined

  constructor(kind: FailureKind, message: string, options: { remedy?: string; detail?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'SnipError'
    this.kind = kind
    this.remedy = options.remedy
    this.detail = options.detail
  }

  /** True when the user's input, disk or settings are the cause; false when the fault is ours. */
  get isBadInput(): boolean {
    return !faultKinds.has(this.kind)
  }

  toFailure(): Failure {
    return {
      kind: this.kind,
      message: this.message,
      ...(this.remedy === undefined ? {} : { remedy: this.remedy }),
      ...(this.detail === undefined ? {} : { detail: this.detail }),
    }
  }

  static fromFailure(failure: Failure): SnipError {
    return new SnipError(failure.kind, failure.message, {
      ...(failure.remedy === undefined ? {} : { remedy: failure.remedy }),
      ...(failure.detail === undefined ? {} : { detail: failure.detail }),
    })
  }
}

/** Any thrown value as a `SnipError`: unknown errors become `internal`, with their stack as the detail. */
export function toSnipError(error: unknown): SnipError {
  if (error instanceof SnipError) return error
  if (error instanceof Error) {
    return new SnipError('internal', error.message, { detail: error.stack ?? error.message, cause: error })
  }
  return new SnipError('internal', String(error))
}

/** Throws an `internal` error when an assumption of ours does not hold. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new SnipError('internal', `Broken assumption: ${message}`)
}
