import type { NeuronColumns, RankColumns } from './neuron-columns.ts'
import type { Slices } from './slices.ts'

export type SortKey =
  | 'neuron'
  | 'concept'
  | 'conceptScore'
  | 'freq'
  | 'meanAbs'
  | 'max'
  | 'importance'
  | 'rank'
  | 'status'
  | 'pin'
export interface Sorting {
  readonly key: SortKey
  readonly descending: boolean
}

export interface NeuronFilter {
  /** Words that the concept holds, all of them, whatever the case; or the start of a neuron's id. */
  readonly text: string
  readonly site: 'mlp' | 'attention' | null
  readonly layer: number | null
  /** Index into `conceptStatuses`. */
  readonly status: number | null
  readonly pin: number | null
  /** Rows of a brushed stretch of the strip map, `to` exclusive. */
  readonly brush: { readonly from: number; readonly to: number } | null
  /** Only what goes at the cut in use. */
  readonly cutOnly: boolean
}

export const emptyFilter: NeuronFilter = {
  text: '',
  site: null,
  layer: null,
  status: null,
  pin: null,
  brush: null,
  cutOnly: false,
}

export function isFiltering(filter: NeuronFilter): boolean {
  return (
    filter.text.trim() !== '' ||
    filter.site !== null ||
    filter.layer !== null ||
    filter.status !== null ||
    filter.pin !== null ||
    filter.brush !== null ||
    filter.cutOnly
  )
}

const chunk = 4096

/** Rows that pass the filter, in table order; null once aborted. `k` is the size of the cut in use. */
export async function filterRows(
  columns: NeuronColumns,
  ranks: RankColumns | null,
  k: number | null,
  filter: NeuronFilter,
  slices: Slices,
): Promise<Uint32Array | null> {
  const words = filter.text.trim().toLowerCase().split(/\s+/).filter(Boolean)
  // Half the time of lower-casing every concept.
  const patterns = words.map((word) => new RegExp(word.replaceAll(/[$()*+.?[\\\]^{|}/]/g, String.raw`\$&`), 'i'))
  const idStart = /^(mlp|attention)(:|$)/.test(words[0] ?? '') && words.length === 1 ? words[0]! : null
  const found = new Uint32Array(columns.rows)
  let count = 0
  for (const run of columns.layout) {
    if (filter.site !== null && run.site !== filter.site) continue
    if (filter.layer !== null && run.layer !== filter.layer) continue
    const from = Math.max(run.first, filter.brush?.from ?? 0)
    const to = Math.min(run.first + run.width, filter.brush?.to ?? columns.rows)
    const prefix = `${run.site}:${run.layer}:`
    for (let row = from; row < to; row++) {
      if ((row - from) % chunk === chunk - 1 && !(await slices.next())) return null
      if (filter.status !== null && columns.status[row] !== filter.status) continue
      if (filter.pin !== null && columns.pin[row] !== filter.pin) continue
      if (filter.cutOnly) {
        const rank = ranks?.rank[row] ?? 0
        if (rank === 0 || rank > (k ?? 0)) continue
      }
      if (words.length > 0) {
        const isNamed = idStart !== null && `${prefix}${row - run.first}`.startsWith(idStart)
        if (!isNamed && !holdsAll(columns.concepts[row] ?? '', patterns)) continue
      }
      found[count++] = row
    }
    if (!(await slices.next())) return null
  }
  return found.subarray(0, count)
}

function holdsAll(concept: string, words: readonly RegExp[]): boolean {
  if (concept === '') return false
  for (const word of words) if (!word.test(concept)) return false
  return true
}

/** Rows in the order asked for; ties stay in table order, rows without a value come last. Null once aborted. */
export async function sortRows(
  rows: Uint32Array,
  columns: NeuronColumns,
  ranks: RankColumns | null,
  sorting: Sorting,
  slices: Slices,
): Promise<Uint32Array | null> {
  if (sorting.key === 'neuron') return sorting.descending ? rows.slice().reverse() : rows
  if (sorting.key === 'concept') return sortByText(rows, columns.concepts, sorting.descending, slices)
  const column = columnOf(columns, ranks, sorting.key)
  if (column === null) return rows
  return sortByNumber(rows, column, sorting.descending, sorting.key === 'rank', slices)
}

function columnOf(columns: NeuronColumns, ranks: RankColumns | null, key: Exclude<SortKey, 'neuron' | 'concept'>) {
  if (key === 'importance') return ranks?.importance ?? null
  if (key === 'rank') return ranks?.rank ?? null
  return columns[key]
}

/**
 * Bits of the values as unsigned numbers of the same order, the greatest for what has no value. `rows` are gathered from
 * the column on the way.
 */
function orderedBits(
  rows: Uint32Array,
  column: Float32Array | Uint32Array | Uint8Array,
  descending: boolean,
  zeroIsNone: boolean,
): Uint32Array<ArrayBuffer> {
  const values = new Float32Array(rows.length)
  for (let i = 0; i < rows.length; i++) values[i] = column[rows[i]!]!
  const keys = new Uint32Array(values.buffer)
  for (let i = 0; i < rows.length; i++) {
    const value = values[i]!
    if (value !== value || (zeroIsNone && value === 0)) {
      keys[i] = 0xffffffff
      continue
    }
    const bits = value === 0 ? 0 : keys[i]!
    const ascending = (bits & 0x80000000) === 0 ? (bits | 0x80000000) >>> 0 : ~bits >>> 0
    keys[i] = descending ? ~ascending >>> 0 : ascending
  }
  return keys
}

const radixBits = 11
const radixSize = 1 << radixBits

/** Radix sort over the bits of the values: stable, and linear in the number of rows. */
async function sortByNumber(
  rows: Uint32Array,
  column: Float32Array | Uint32Array | Uint8Array,
  descending: boolean,
  zeroIsNone: boolean,
  slices: Slices,
): Promise<Uint32Array | null> {
  let keys = orderedBits(rows, column, descending, zeroIsNone)
  let order = new Uint32Array(rows)
  let nextKeys = new Uint32Array(rows.length)
  let nextOrder = new Uint32Array(rows.length)
  for (let shift = 0; shift < 32; shift += radixBits) {
    if (!(await slices.next())) return null
    const starts = new Uint32Array(radixSize + 1)
    for (let i = 0; i < keys.length; i++) starts[((keys[i]! >>> shift) & (radixSize - 1)) + 1]!++
    for (let digit = 0; digit < radixSize; digit++) starts[digit + 1]! += starts[digit]!
    for (let i = 0; i < keys.length; i++) {
      const at = starts[(keys[i]! >>> shift) & (radixSize - 1)]!++
      nextKeys[at] = keys[i]!
      nextOrder[at] = order[i]!
    }
    ;[keys, nextKeys] = [nextKeys, keys]
    ;[order, nextOrder] = [nextOrder, order]
  }
  return order
}

/** Merge sort from runs of one upward, so that it can stop between any two merges. */
async function sortByText(
  rows: Uint32Array,
  texts: readonly string[],
  descending: boolean,
  slices: Slices,
): Promise<Uint32Array | null> {
  const sign = descending ? -1 : 1
  const isBefore = (left: number, right: number): boolean => {
    const a = texts[left]!
    const b = texts[right]!
    if (a === b) return true
    if (a === '' || b === '') return b === ''
    return (a < b ? -1 : 1) * sign <= 0
  }
  let from = new Uint32Array(rows)
  let to = new Uint32Array(rows.length)
  for (let width = 1; width < rows.length; width *= 2) {
    let sinceTurn = 0
    for (let start = 0; start < rows.length; start += 2 * width) {
      const middle = Math.min(start + width, rows.length)
      const end = Math.min(start + 2 * width, rows.length)
      let left = start
      let right = middle
      for (let at = start; at < end; at++) {
        const takesLeft = left < middle && (right >= end || isBefore(from[left]!, from[right]!))
        to[at] = takesLeft ? from[left++]! : from[right++]!
        if (++sinceTurn >= chunk) {
          sinceTurn = 0
          if (!(await slices.next())) return null
        }
      }
    }
    ;[from, to] = [to, from]
  }
  return from
}
