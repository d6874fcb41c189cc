import type { NeuronId } from '../../contract/neuron.ts'

/** A concept as it comes from elsewhere. */
export interface ConceptRow {
  readonly neuron: NeuronId
  readonly text: string
  readonly score: number | null
  /** Who or what wrote it, as its source says. */
  readonly author: string
  /** How it was scored and what a person said of it, in a file of ours. */
  readonly scoreKind?: string | null | undefined
  readonly review?: ReviewOfRow
}

/** What a person said of a sentence, or that the sentence is hers. */
export interface ReviewOfRow {
  /** Null where the person wrote it, and no more was said. */
  readonly verdict: 'accepted' | 'rejected' | null
  readonly isOwn: boolean
  readonly reviewer: string
  /** Milliseconds since 1970; null where it is not told. */
  readonly at: number | null
}

/** What a file holds: rows, and lines that hold none with the reason; lines are physical, from 1 (records of a JSON array count from 1). */
export interface RowsOfFile<Row> {
  readonly format: string
  readonly rows: readonly Row[]
  readonly rejected: readonly { readonly line: number; readonly reason: string }[]
  readonly rejectedCount: number
}
export type ConceptRows = RowsOfFile<ConceptRow>

/** Collects rows and the first rejections; the number of rejections is exact. */
export class ConceptRowCollector<Row extends object = ConceptRow> {
  readonly #rows: Row[] = []
  readonly #rejected: { line: number; reason: string }[] = []
  #rejectedCount = 0
  readonly #format: string

  constructor(format: string) {
    this.#format = format
  }

  add(line: number, row: Row | string): void {
    if (typeof row !== 'string') {
      this.#rows.push(row)
      return
    }
    this.#rejectedCount++
    if (this.#rejected.length < 100) this.#rejected.push({ line, reason: row })
  }

  finish(): RowsOfFile<Row> {
    return { format: this.#format, rows: this.#rows, rejected: this.#rejected, rejectedCount: this.#rejectedCount }
  }
}

const longestText = 10_000

/** A checked row, or why it is none. */
export function conceptRow(
  layer: unknown,
  index: unknown,
  text: unknown,
  score: unknown,
  author: string,
): ConceptRow | string {
  const layerNumber = wholeNumber(layer)
  const indexNumber = wholeNumber(index)
  if (layerNumber === null) return `the layer ${shown(layer)} is no whole number`
  if (indexNumber === null) return `the neuron ${shown(index)} is no whole number`
  const sentence = typeof text === 'string' ? text.replace(/\s+/g, ' ').trim() : ''
  if (sentence === '') return 'there is no explanation'
  if (sentence.length > longestText) return `the explanation is ${sentence.length} characters long`
  const value = scoreOf(score)
  if (value === undefined) return `the score ${shown(score)} is no number`
  return { neuron: `mlp:${layerNumber}:${indexNumber}`, text: sentence, score: value, author }
}

const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i

/** A score as others write it: null where it says that there is none (nothing, blanks, nan); undefined where it is no decimal number. */
export function scoreOf(value: unknown): number | null | undefined {
  if (value === null || value === undefined) return null
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  if (typeof value !== 'string') return undefined
  const text = value.trim()
  if (text === '' || /^nan$/i.test(text)) return null
  const number = decimal.test(text) ? Number(text) : Number.NaN
  return Number.isFinite(number) ? number : undefined
}

function wholeNumber(value: unknown): number | null {
  if (typeof value === 'string' && !/^\d{1,9}$/.test(value.trim())) return null
  const number = typeof value === 'string' || typeof value === 'number' ? Number(value) : Number.NaN
  return Number.isInteger(number) && number >= 0 && number < 1e9 ? number : null
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? 'undefined').slice(0, 40)
}
