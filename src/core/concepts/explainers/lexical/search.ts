import type { Feature } from '../../features/feature-table.ts'
import { markFeature } from '../../features/mark-feature.ts'
import type { WindowTagger } from '../../features/window-tagger.ts'
import type { FitData } from './fit-data.ts'
import { canJoin, type Part } from './parts.ts'

/**
 * How much a predicate's gain counts: plain classes read best, and what follows a token is known to the text but not to
 * a causal model.
 */
const preference: Readonly<Record<Feature['role'], number>> = {
  class: 1,
  word: 0.9,
  ending: 0.9,
  token: 0.8,
  'after-class': 0.95,
  'after-word': 0.9,
  'before-class': 0.85,
  'before-word': 0.8,
  place: 0.9,
}

/** How much the gain of a list of words counts besides: a list names no kind of thing. */
const listPreference = 0.75

/** Tokens by which every predicate's support is discounted, so that a rare one must be strong to win. */
const shrinkage = 3
const seedCount = 5
const longestList = 5
/** What a further predicate must multiply the gain by to be worth its words. */
const worthAPredicate = 1.3

export interface Candidate {
  readonly parts: readonly Part[]
  readonly gain: number
}

/**
 * The conjunction that best explains `residual` (one value per token, mean 0): largest R^2 / (n (1 - n/N) + shrinkage),
 * where R is the sum of the residual over its n tokens; null when nothing positive is left. Greedy: the best single
 * predicates and word lists, each extended by up to two more.
 */
export function findConjunction(data: FitData, residual: Float64Array, tagger: WindowTagger): Candidate | null {
  const seeds = bestExtensions(data, residual, null, [], tagger)
  let best: Candidate | null = null
  for (const seed of seeds.slice(0, seedCount)) {
    let current = seed
    for (let depth = 0; depth < 2; depth++) {
      const mask = conjunctionMask(data, current.parts)
      const extended = bestExtensions(data, residual, mask, current.parts, tagger)[0]
      if (!extended || extended.gain < current.gain * worthAPredicate) break
      current = extended
    }
    if (best === null || current.gain > best.gain) best = current
  }
  return best
}

/** All ways to add one predicate or list to a conjunction, best first; ties go by the features' own order. */
function bestExtensions(
  data: FitData,
  residual: Float64Array,
  mask: Uint8Array | null,
  parts: readonly Part[],
  tagger: WindowTagger,
): Candidate[] {
  const { sums, table } = tagger
  sums.collect(data.windows, residual, mask, data.half, table.size)
  const total = residual.length
  const needed = Math.min(2, data.windows.length)
  const found: Candidate[] = []
  const lists = new Map<Feature['role'], number[]>()
  const inherited = parts.reduce((product, part) => product * weightOf(part), 1)
  const items = parts.reduce((count, part) => count + part.ids.length - 1, 1)
  for (const id of sums.touched) {
    const sum = sums.sum[id] as number
    const { role } = table.get(id)
    if (sum <= 0 || (sums.positiveWindows[id] as number) < needed || !canJoin(parts, role)) continue
    const first = sums.firstHalf[id] as number
    const agreement = first > 0 && sum - first > 0 ? 1 : 0.3
    const gain =
      gainOf(sum, sums.count[id] as number, total, shrinkage * items) * agreement * inherited * preference[role]
    found.push({ parts: [...parts, { role, ids: [id] }], gain })
    if (role === 'word' || role === 'token' || role === 'after-word' || role === 'before-word') {
      const list = lists.get(role)
      if (list) list.push(id)
      else lists.set(role, [id])
    }
  }
  for (const [role, ids] of lists) {
    const list = bestList(ids, tagger, total, items - 1)
    if (list.ids.length < 2) continue
    found.push({
      parts: [...parts, { role, ids: list.ids }],
      gain: list.gain * inherited * preference[role] * listPreference,
    })
  }
  return found.sort((a, b) => b.gain - a.gain || compareParts(a.parts.at(-1), b.parts.at(-1), tagger))
}

/** The best list among words in order of their mean residual; each word costs its own shrinkage. */
function bestList(
  ids: readonly number[],
  { sums: { sum, count }, table }: WindowTagger,
  total: number,
  itemsBefore: number,
): { ids: number[]; gain: number } {
  const mean = (id: number) => (sum[id] as number) / ((count[id] as number) + 1)
  const ordered = [...ids].sort((a, b) => mean(b) - mean(a) || table.compare(a, b))
  let best = { length: 0, gain: 0 }
  let s = 0
  let n = 0
  for (let k = 0; k < Math.min(ordered.length, longestList); k++) {
    s += sum[ordered[k] as number] as number
    n += count[ordered[k] as number] as number
    const gain = gainOf(s, n, total, shrinkage * (itemsBefore + k + 1))
    if (gain > best.gain) best = { length: k + 1, gain }
  }
  return { ids: ordered.slice(0, best.length), gain: best.gain }
}

function compareParts(a: Part | undefined, b: Part | undefined, { table }: WindowTagger): number {
  if (!a || !b || a.ids.length !== b.ids.length) return (a?.ids.length ?? 0) - (b?.ids.length ?? 0)
  for (let k = 0; k < a.ids.length; k++) {
    const order = table.compare(a.ids[k] as number, b.ids[k] as number)
    if (order !== 0) return order
  }
  return 0
}

function weightOf(part: Part): number {
  return part.ids.length > 1 ? preference[part.role] * listPreference : preference[part.role]
}

function gainOf(sum: number, count: number, total: number, discount: number): number {
  return (sum * sum) / (count * (1 - count / total) + discount)
}

/** 1 at each token of the fit data where all parts hold. */
export function conjunctionMask(data: FitData, parts: readonly Part[]): Uint8Array {
  const mask = new Uint8Array(data.activations.length)
  let base = 0
  for (const window of data.windows) {
    const held = mask.subarray(base, base + window.length)
    held.fill(1)
    for (const part of parts) {
      const flags = new Uint8Array(window.length)
      for (const id of part.ids) markFeature(flags, id, window)
      for (let i = 0; i < held.length; i++) held[i] = (held[i] as number) & (flags[i] as number)
    }
    base += window.length
  }
  return mask
}
