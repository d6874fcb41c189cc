import { parseNeuron } from '../../../contract/neuron.ts'
import type { Concept, Ranking } from '../../../contract/files.ts'

export type Cell = string | number | boolean | null

/** A table to hand to other programs. All rows have the columns' order. */
export interface Table {
  readonly columns: readonly { readonly name: string; readonly type: 'text' | 'integer' | 'number' | 'boolean' }[]
  readonly rows: readonly (readonly Cell[])[]
}

const place = [
  { name: 'neuron', type: 'text' },
  { name: 'site', type: 'text' },
  { name: 'layer', type: 'integer' },
  { name: 'index', type: 'integer' },
] as const

function placeOf(id: string): Cell[] {
  const neuron = parseNeuron(id)
  return [id, neuron?.site ?? null, neuron?.layer ?? null, neuron?.index ?? null]
}

export function conceptTable(concepts: readonly Concept[]): Table {
  return {
    columns: [
      ...place,
      { name: 'text', type: 'text' },
      { name: 'author', type: 'text' },
      { name: 'explainer', type: 'text' },
      { name: 'score', type: 'number' },
      { name: 'scoreKind', type: 'text' },
      { name: 'status', type: 'text' },
      { name: 'reason', type: 'text' },
    ],
    rows: concepts.map(({ neuron, text, author, explainer, score, scoreKind, status, reason }) => [
      ...placeOf(neuron),
      text,
      author,
      explainer,
      score,
      scoreKind,
      status,
      reason ?? null,
    ]),
  }
}

export function rankingTable({ neurons }: Ranking): Table {
  return {
    columns: [{ name: 'rank', type: 'integer' }, ...place, { name: 'score', type: 'number' }],
    rows: neurons.map(({ neuron, score, rank }) => [rank, ...placeOf(neuron), score]),
  }
}

/** One edit of the review as it is told to others. */
export interface ReviewEdit {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly author: string
  readonly what: string
  readonly neuron: string
  readonly undone: boolean
}

export function historyTable(edits: readonly ReviewEdit[]): Table {
  return {
    columns: [
      { name: 'at', type: 'text' },
      { name: 'author', type: 'text' },
      ...place,
      { name: 'what', type: 'text' },
      { name: 'undone', type: 'boolean' },
    ],
    rows: edits.map(({ at, author, what, neuron, undone }) => [
      new Date(at).toISOString(),
      author,
      ...placeOf(neuron),
      what,
      undone,
    ]),
  }
}
