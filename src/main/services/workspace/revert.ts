import { canonicalJson } from '../jobs/canonical-json.ts'
import type { DocumentKind } from './documents.ts'

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
    if (!differs(from[field], to[field])) continue
    if (to[field] === undefined) delete merged[field]
    else merged[field] = to[field]
  }
  return { change: true, to: merged }
}

/** Fields that jobs fill in, and the fields that they are computed from. */
const computed: {
  readonly [Kind in DocumentKind]?: { readonly fields: readonly string[]; readonly from: readonly string[] }
} = {
  model: { fields: ['modelHash', 'card'], from: ['place', 'tokenizer'] },
  dataset: { fields: ['tokens'], from: ['place', 'mapping', 'dataHash'] },
}

/**
 * A document after a step, without what was computed meanwhile from what the step takes away: a model that comes back must not
 * keep the hash of the other one. Such fields are as the step has them.
 */
export function withoutStale(kind: DocumentKind, from: unknown, to: unknown, reverted: unknown): unknown {
  const rule = computed[kind]
  if (rule === undefined || !isRecord(from) || !isRecord(to) || !isRecord(reverted)) return reverted
  if (!rule.from.some((field) => differs(from[field], to[field]))) return reverted
  return { ...reverted, ...Object.fromEntries(rule.fields.map((field) => [field, to[field] ?? null])) }
}

/** True when two documents of a model name different files. Null and undefined are no model. */
export function isOtherModel(now: unknown, next: unknown): boolean {
  const filesOf = (model: unknown) => (isRecord(model) ? [model['place'], model['tokenizer']] : null)
  return differs(filesOf(now), filesOf(next))
}

function differs(a: unknown, b: unknown): boolean {
  return canonicalJson({ value: a }) !== canonicalJson({ value: b })
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
