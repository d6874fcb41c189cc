import { formatNeuron, parseNeuron } from '../../../contract/neuron.ts'
import type { Neuron } from '../../../contract/neuron.ts'
import { conceptStatuses } from '../../../contract/workbench/neurons.ts'
import type { NeuronTable } from '../../../contract/workbench/neurons.ts'
import type { RankingOrder } from '../../../contract/workbench/rankings.ts'

export type LayoutRun = NeuronTable['layout'][number]

/** The neuron table as typed arrays, one value per row; a number that does not exist is NaN. */
export interface NeuronColumns {
  readonly revision: number
  readonly rows: number
  readonly layout: readonly LayoutRun[]
  readonly freq: Float32Array
  readonly meanAbs: Float32Array
  readonly rms: Float32Array
  readonly stdPopulation: Float32Array
  readonly mean: Float32Array
  readonly max: Float32Array
  readonly conceptScore: Float32Array
  /** Index into `conceptStatuses`. */
  readonly status: Uint8Array
  /** 0 none, 1 always prune, 2 never prune. */
  readonly pin: Uint8Array
  readonly concepts: readonly string[]
}

/** Importance and rank of every row under one ranking. */
export interface RankColumns {
  readonly id: string
  /** NaN where the ranking leaves a neuron out. */
  readonly importance: Float32Array
  /** From 1; 0 where the ranking leaves a neuron out. */
  readonly rank: Uint32Array
  readonly ranked: number
  readonly neuronCount: number
  /** The scores in the order of the ranking. */
  readonly ordered: Float32Array
}

async function floats(blob: Blob, rows: number): Promise<Float32Array> {
  const bytes = await blob.arrayBuffer()
  const column = new Float32Array(rows)
  column.set(new Float32Array(bytes, 0, Math.min(rows, bytes.byteLength >> 2)))
  return column
}

async function codes(blob: Blob, rows: number): Promise<Uint8Array> {
  const column = new Uint8Array(rows)
  column.set(new Uint8Array(await blob.arrayBuffer()).subarray(0, rows))
  return column
}

/** Reads the bulk columns of a neuron table. */
export async function readNeuronColumns(table: NeuronTable): Promise<NeuronColumns> {
  const { rows, columns } = table
  const [freq, meanAbs, rms, stdPopulation, mean, max, conceptScore] = await Promise.all([
    floats(columns.freq, rows),
    floats(columns.meanAbs, rows),
    floats(columns.rms, rows),
    floats(columns.stdPopulation, rows),
    floats(columns.mean, rows),
    floats(columns.max, rows),
    floats(columns.conceptScore, rows),
  ])
  const [status, pin, text] = await Promise.all([
    codes(columns.status, rows),
    codes(columns.pin, rows),
    table.concepts.text(),
  ])
  const concepts = JSON.parse(text) as string[]
  const { revision, layout } = table
  return { revision, rows, layout, freq, meanAbs, rms, stdPopulation, mean, max, conceptScore, status, pin, concepts }
}

/** Spreads a ranking's order over the rows of the table. */
export async function readRankColumns(order: RankingOrder, rows: number): Promise<RankColumns> {
  const [rowBytes, scoreBytes] = await Promise.all([order.rows.arrayBuffer(), order.scores.arrayBuffer()])
  const ranked = rowBytes.byteLength >> 2
  const orderedRows = new Uint32Array(rowBytes, 0, ranked)
  const ordered = new Float32Array(scoreBytes, 0, ranked)
  const importance = new Float32Array(rows).fill(Number.NaN)
  const rank = new Uint32Array(rows)
  for (let position = 0; position < ranked; position++) {
    const row = orderedRows[position]!
    importance[row] = ordered[position]!
    rank[row] = position + 1
  }
  return { id: order.id, importance, rank, ranked, neuronCount: order.neuronCount, ordered }
}

/** The run of the layout that holds a row. */
export function runOf(layout: readonly LayoutRun[], row: number): LayoutRun {
  let low = 0
  let high = layout.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (layout[middle]!.first <= row) low = middle
    else high = middle - 1
  }
  return layout[low]!
}

export function neuronOf(layout: readonly LayoutRun[], row: number): Neuron {
  const run = runOf(layout, row)
  return { site: run.site, layer: run.layer, index: row - run.first }
}

export function neuronIdOf(layout: readonly LayoutRun[], row: number): string {
  return formatNeuron(neuronOf(layout, row))
}

/** Row of a neuron, or -1 when the table does not hold it. */
export function rowOf(layout: readonly LayoutRun[], id: string): number {
  const neuron = parseNeuron(id)
  if (!neuron) return -1
  for (const run of layout) {
    if (run.site !== neuron.site || run.layer !== neuron.layer) continue
    return neuron.index < run.width ? run.first + neuron.index : -1
  }
  return -1
}

/**
 * Reads what a person types to jump: "mlp:3:117", "3:117" or "3 117" (the mlp, or the only site there is).
 * Gives the row, or a sentence that says what is wrong.
 */
export function readJump(layout: readonly LayoutRun[], typed: string): { row: number } | { problem: string } {
  const text = typed.trim().toLowerCase()
  const match = /^(?:(mlp|attention|m|a)[\s:,/]+)?(\d+)[\s:,/]+(\d+)$/.exec(text)
  if (!match) return { problem: 'Type layer:index, for instance 3:117 or attention:0:5.' }
  const site = match[1] ? (match[1].startsWith('m') ? 'mlp' : 'attention') : (layout[0]?.site ?? 'mlp')
  const runs = layout.filter((run) => run.site === site)
  if (runs.length === 0) return { problem: `The recording holds no ${site} neurons.` }
  const run = runs.find((each) => each.layer === Number(match[2]))
  if (!run) return { problem: `Layers of ${site} go from ${runs[0]!.layer} to ${runs.at(-1)!.layer}.` }
  const index = Number(match[3])
  if (index >= run.width) return { problem: `Layer ${run.layer} of ${site} has neurons 0 to ${run.width - 1}.` }
  return { row: run.first + index }
}

export function statusOf(columns: NeuronColumns, row: number): (typeof conceptStatuses)[number] {
  return conceptStatuses[columns.status[row] ?? 0] ?? 'none'
}
