import { SnipError } from '../../contract/failure.ts'
import { isJsonObject, parseJsonText } from '../data/formats/json-text.ts'
import { conceptsOfObject } from './concept-objects.ts'
import { ConceptRowCollector, type ConceptRow, type ConceptRows } from './concept-row.ts'

/** Concepts kept of one file: more than any model has neurons, and what fits into memory beside the rest. */
export const mostConcepts = 2_000_000

/**
 * Collects the concepts of JSON records that come one after the other; the format is that of the first one known. `keeps` says which
 * concepts are wanted: others are counted only.
 */
export class ConceptRecords {
  readonly #name: string
  readonly #keeps: (row: ConceptRow) => boolean
  readonly #collector = new ConceptRowCollector('')
  #format: string | null = null
  #kept = 0
  #others = 0

  constructor(name: string, keeps: (row: ConceptRow) => boolean = () => true) {
    this.#name = name
    this.#keeps = keeps
  }

  /** Concepts that were not wanted. */
  get others(): number {
    return this.#others
  }

  /** One line of a file of JSON lines; an empty one is none. Throws `bad-data` for too many concepts. */
  addLine(line: number, text: string): void {
    const plain = text.replace(/^\uFEFF/, '').trim()
    if (plain === '') return
    const parsed = parseJsonText(plain)
    if (parsed.ok) this.addValue(line, parsed.value)
    else this.#collector.add(line, 'this is not JSON')
  }

  addValue(line: number, value: unknown): void {
    const found = isJsonObject(value) ? conceptsOfObject(value) : null
    this.#format ??= found?.format ?? null
    for (const row of found?.rows ?? ['this is no explanation of a neuron']) this.add(line, row)
  }

  /** A concept, or why there is none. */
  add(line: number, row: ConceptRow | string): void {
    if (typeof row !== 'string') {
      if (!this.#keeps(row)) {
        this.#others++
        return
      }
      if (++this.#kept > mostConcepts) {
        throw new SnipError('bad-data', `${this.#name} holds more than ${mostConcepts} concepts`, {
          remedy: 'Split it into several files.',
        })
      }
    }
    this.#collector.add(line, row)
  }

  /** Throws `bad-data` when no record was in a known form. */
  finish(): ConceptRows {
    if (this.#format === null) throw nothingKnown(this.#name)
    return { ...this.#collector.finish(), format: this.#format }
  }
}

export function nothingKnown(name: string): SnipError {
  return new SnipError('bad-data', `${name} holds no explanations of neurons in a known form`, {
    remedy:
      'Known are our own concepts.jsonl, OpenAI’s published explanations, Neuronpedia exports, and tables with the columns layer, neuron and explanation.',
  })
}
