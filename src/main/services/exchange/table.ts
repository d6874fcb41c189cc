import { parseNeuron } from '../../../contract/neuron.ts'
import { momentText } from '../../../contract/workbench/call.ts'
import type { Concept, Ranking } from '../../../contract/files.ts'
import { forgetColumns, type ForgetConceptRow } from '../../../core/exchange/read-forget-concepts.ts'
import type { Said } from '../neurons/neuron-history.ts'

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
      { name: 'reviewer', type: 'text' },
      { name: 'reviewedAt', type: 'text' },
    ],
    rows: concepts.map(({ neuron, text, author, explainer, score, scoreKind, status, reason, ...said }) => [
      ...placeOf(neuron),
      text,
      author,
      explainer,
      score,
      scoreKind,
      status,
      reason ?? null,
      said.reviewer ?? null,
      said.reviewedAt ?? null,
    ]),
  }
}

export function forgetConceptTable(concepts: readonly ForgetConceptRow[]): Table {
  return {
    columns: forgetColumns.map((name) => ({ name, type: forgetTypes[name] ?? 'text' })),
    rows: concepts.map(({ side, text, weight, enabled, author, source, preset, draws, drawsOf }) => [
      side,
      text,
      weight,
      enabled,
      author ?? null,
      source,
      preset ?? null,
      draws ?? null,
      drawsOf ?? null,
    ]),
  }
}

const forgetTypes: Readonly<Partial<Record<(typeof forgetColumns)[number], Table['columns'][number]['type']>>> = {
  weight: 'number',
  enabled: 'boolean',
  draws: 'integer',
  drawsOf: 'integer',
}

export function rankingTable({ neurons }: Ranking): Table {
  return {
    columns: [{ name: 'rank', type: 'integer' }, ...place, { name: 'score', type: 'number' }],
    rows: neurons.map(({ neuron, score, rank }) => [rank, ...placeOf(neuron), score]),
  }
}

export function historyTable(history: readonly (Said & { readonly neuron: string })[]): Table {
  return {
    columns: [
      { name: 'at', type: 'text' },
      { name: 'author', type: 'text' },
      ...place,
      { name: 'what', type: 'text' },
      { name: 'undone', type: 'boolean' },
      { name: 'text', type: 'text' },
    ],
    rows: history.map(({ at, author, what, neuron, undone, text }) => [
      momentText(at),
      author,
      ...placeOf(neuron),
      what,
      undone,
      text,
    ]),
  }
}
