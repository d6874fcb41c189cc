import { SnipError, type Failure } from '../../../src/contract/failure.ts'

/** Control characters, and those that hide or turn others. */
// oxlint-disable-next-line no-control-regex
const hidden = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]|[\ud800-\udfff]/u

/**
 * Why a result is none that a person should get: a refusal of another kind, or one that is no line of bounded length that says what to do. Null for a
 * value and for a proper refusal.
 */
export function refusalFault(result: unknown, ...kinds: readonly Failure['kind'][]): string | null {
  if (!(result instanceof SnipError)) return null
  const { kind, message, remedy } = result
  if (!kinds.includes(kind)) return `the kind ${kind}: ${message.slice(0, 200)}`
  if (message.length > 1000) return `a message of ${message.length} characters`
  if (hidden.test(message)) return `hidden characters in ${JSON.stringify(message)}`
  return remedy?.endsWith('.') ? null : `no remedy for ${message}`
}
