import { conceptStatuses } from '../../../contract/workbench/neurons.ts'
import type { QueueOrder, ReviewFilter, ReviewQueue } from '../../../contract/workbench/review.ts'
import type { NeuronData, NeuronTables } from '../neurons/neuron-tables.ts'
import type { WorkbenchSession } from '../session/session.ts'
import { cutDistances } from './cut-distances.ts'
import { filterNeurons } from './filter-neurons.ts'
import { pairCosines, type Sentences } from './second-opinions.ts'
import { ascendingKeys, cutKey, sortRowsBy } from './sort-rows.ts'

/** Neurons whose two sentences are compared: those nearest to the cut. */
export const mostCompared = 1000

interface Ordered {
  readonly rows: Uint32Array
  /** Why each row stands there, by row. */
  readonly valueOf: (row: number) => number
  readonly note: string | null
}

const reviewed: ReadonlySet<number> = new Set(
  (['accepted', 'rejected', 'edited'] as const).map((status) => conceptStatuses.indexOf(status)),
)
const open = conceptStatuses.indexOf('suggested')

/** Neurons in the order in which they are best looked at. Reads only. */
export async function reviewQueue(
  session: WorkbenchSession,
  tables: NeuronTables,
  sentences: Sentences,
  { order, filter }: { readonly order: QueueOrder; readonly filter: ReviewFilter },
  signal: AbortSignal,
): Promise<ReviewQueue> {
  const data = await tables.data()
  const { evidence, concepts, workspace } = data
  const { statuses, ...rest } = filter
  const all = await filterNeurons(data, rest)
  const counts = { reviewed: 0, left: 0 }
  for (const row of all) {
    if (reviewed.has(concepts.status[row]!)) counts.reviewed++
    else if (concepts.status[row] === open) counts.left++
  }
  const chosen =
    statuses === undefined ? all : all.filter((row) => statuses.includes(conceptStatuses[concepts.status[row]!]!))
  const ordered = await inOrder(session, data, sentences, order, chosen, signal)
  const { rows, skipped } = skippedLast(ordered.rows, [...workspace.store.all('review-skip')], evidence.rowOf)
  return {
    order,
    rows: new Blob([rows]),
    values: new Blob([Float32Array.from(rows, ordered.valueOf)]),
    layout: evidence.layout,
    skipped,
    ...counts,
    note: ordered.note,
  }
}

async function inOrder(
  session: WorkbenchSession,
  data: NeuronData,
  sentences: Sentences,
  order: QueueOrder,
  rows: Uint32Array,
  signal: AbortSignal,
): Promise<Ordered> {
  const keyOf = ascendingKeys()
  if (order === 'score') {
    const { scores } = data.concepts
    const valueOf = (row: number) => scores[row]!
    return { rows: sortRowsBy(rows, (row) => keyOf(valueOf(row))), valueOf, note: null }
  }
  const distances = await cutDistances(session, data.evidence)
  const nearest = distances === null ? rows : sortRowsBy(rows, (row) => cutKey(distances[row]!))
  if (order === 'cut') {
    const note = distances === null ? 'No cut is chosen yet: the neurons stand in the order of the table.' : null
    return { rows: nearest, valueOf: (row) => distances?.[row] ?? Number.NaN, note }
  }
  const cosines = new Map<number, number>()
  const compared: number[] = []
  const pairs: (readonly [string, string])[] = []
  for (const row of nearest) {
    if (compared.length === mostCompared) break
    const pair = sentences.latestTwo(data, row)
    if (pair === null) continue
    compared.push(row)
    pairs.push(pair)
  }
  const values = await pairCosines(session, data, pairs, signal)
  for (const [at, row] of compared.entries()) cosines.set(row, values[at]!)
  const valueOf = (row: number) => cosines.get(row) ?? Number.NaN
  const first = sortRowsBy(Uint32Array.from(compared), (row) => keyOf(valueOf(row)))
  const others = nearest.filter((row) => !cosines.has(row))
  const note =
    pairs.length === mostCompared && nearest.length > mostCompared
      ? `The ${mostCompared.toLocaleString('en-US')} neurons nearest to the cut were compared.`
      : pairs.length === 0
        ? 'No neuron has sentences of two authors: the neurons stand by their nearness to the cut.'
        : null
  return { rows: Uint32Array.from([...first, ...others]), valueOf, note }
}

/** Skipped rows behind the others, those that were skipped first before those that were skipped later. */
export function skippedLast(
  rows: Uint32Array,
  skips: readonly (readonly [string, { readonly at: number }])[],
  rowOf: (neuron: string) => number | null,
): { readonly rows: Uint32Array<ArrayBuffer>; readonly skipped: number } {
  const times = new Map<number, number>()
  for (const [neuron, { at }] of skips) {
    const row = rowOf(neuron)
    if (row !== null) times.set(row, at)
  }
  const kept = rows.filter((row) => !times.has(row))
  const skipped = rows.filter((row) => times.has(row)).sort((a, b) => times.get(a)! - times.get(b)! || a - b)
  return { rows: Uint32Array.from([...kept, ...skipped]), skipped: skipped.length }
}
