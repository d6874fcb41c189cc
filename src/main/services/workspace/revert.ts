import { canonicalJson } from '../jobs/canonical-json.ts'

/** Undo of documents that jobs may have written to since: see `revert`. */
export type Reverted = { readonly change: false } | { readonly change: true; readonly to: unknown }

/**
 * What becomes of a document when the step from `from` to `to` is taken, given what it is now. Fields that the step does
 * not touch stay as they are now, so that undoing an edit takes nothing from what came after it. Null is no document.
 */
export function revert(now: unknown, from: unknown, to: unknown): Reverted {
  if (to === null) return now === null ? { change: false } : { change: true, to: null }
  if (from === null) return { change: true, to }
  // Gone since: there is nothing whose fields could go back.
  if (now === null) return { change: false }
  if (!isRecord(now) || !isRecord(from) || !isRecord(to)) return { change: true, to }
  const merged: Record<string, unknown> = { ...now }
  for (const field of new Set([...Object.keys(from), ...Object.keys(to)])) {
    if (canonicalJson({ value: from[field] }) === canonicalJson({ value: to[field] })) continue
    if (to[field] === undefined) delete merged[field]
    else merged[field] = to[field]
  }
  return { change: true, to: merged }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
