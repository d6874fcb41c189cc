import { SnipError } from '../../contract/failure.ts'
import { oneLine } from '../../contract/workbench/call.ts'
import type { ConceptSide, ForgetConceptItem } from '../../contract/workbench/forget-concepts.ts'
import { readDelimitedRecords } from '../data/formats/delimited-records.ts'
import { isJsonObject, parseJsonText } from '../data/formats/json-text.ts'
import { ConceptRowCollector, type RowsOfFile } from './concept-row.ts'
import { fromSpreadsheet } from './spreadsheet.ts'

/** A concept of a list that was handed over. */
export type ForgetConceptRow = Omit<ForgetConceptItem, 'id'> & { readonly side: ConceptSide }

/** The same as a file gives it: null where it does not tell. */
export type GivenForgetConcept = Omit<ForgetConceptRow, 'weight' | 'enabled'> & {
  readonly weight: number | null
  readonly enabled: boolean | null
}

/** Source of a concept whose file does not tell it. */
export const importedBy = 'import'

/** Concepts of one file: far more than a person weighs. */
export const mostForgetConcepts = 10_000
const longestText = 10_000
const longestName = 200
const mostDraws = 1000

/** Columns of a table that we wrote. */
export const forgetColumns = [
  'side',
  'text',
  'weight',
  'enabled',
  'author',
  'extractor',
  'preset',
  'draws',
  'drawsOf',
] as const
type Field = (typeof forgetColumns)[number]

/** Other names of the fields, lower case. */
const otherNames: Readonly<Partial<Record<Field, readonly string[]>>> = {
  side: ['list'],
  text: ['concept', 'sentence', 'description'],
  enabled: ['in use'],
  extractor: ['source'],
}

/**
 * Reads forget concepts and protected ones: our own lines of JSON, an array of such objects, and tables with a column text (or concept,
 * sentence) and at will weight, enabled, side and where a concept comes from. What names no side is of `side`. A sentence that stands twice
 * on a side counts once. Throws `bad-data` when the file holds none of these, and for more than 10,000 concepts.
 */
export function readForgetConcepts(text: string, name: string, side: ConceptSide): RowsOfFile<GivenForgetConcept> {
  const plain = text.replace(/^\uFEFF/, '')
  const start = plain.trimStart()
  const isJson = start.startsWith('{') || start.startsWith('[')
  const rows = new Rows(name, side)
  return isJson ? readJson(plain, rows) : readTable(plain, rows)
}

/** What a file gives beside the equal sentence that is known: what it does not tell takes nothing away. New ones weigh 1 and are on. */
export function besideKnown(given: GivenForgetConcept, known: Omit<ForgetConceptRow, 'side'> | null): ForgetConceptRow {
  const weight = given.weight ?? known?.weight ?? 1
  const enabled = given.enabled ?? known?.enabled ?? true
  const { side } = given
  return known !== null && given.source === importedBy
    ? { ...known, side, weight, enabled }
    : { ...given, weight, enabled }
}

function readJson(text: string, rows: Rows): RowsOfFile<GivenForgetConcept> {
  const whole = parseJsonText(text.trim())
  if (whole.ok) {
    const list = Array.isArray(whole.value) ? (whole.value as unknown[]) : [whole.value]
    for (const [i, value] of list.entries()) addValue(rows, i + 1, value)
  } else {
    for (const [i, line] of text.split('\n').entries()) {
      if (line.trim() === '') continue
      const parsed = parseJsonText(line.trim())
      if (parsed.ok) addValue(rows, i + 1, parsed.value)
      else rows.refuse(i + 1, 'this is not JSON')
    }
  }
  return rows.finish('forget.jsonl')
}

function addValue(rows: Rows, line: number, value: unknown): void {
  if (!isJsonObject(value)) return rows.refuse(line, 'this is no concept')
  if ('neuron' in value || 'layer' in value) return rows.refuse(line, 'this is the concept of a neuron')
  const fields = new Map<Field, unknown>()
  for (const [key, cell] of Object.entries(value)) {
    const field = fieldOf(key)
    if (field !== null && !fields.has(field)) fields.set(field, cell)
  }
  if (!fields.has('text')) return rows.refuse(line, 'there is no text')
  rows.add(line, fields)
}

function readTable(text: string, rows: Rows): RowsOfFile<GivenForgetConcept> {
  const end = text.indexOf('\n')
  const firstLine = text.slice(0, end < 0 ? undefined : end)
  // Spreadsheets of some languages part cells by semicolons.
  const delimiter = ['\t', ','].find((one) => firstLine.includes(one)) ?? (firstLine.includes(';') ? ';' : ',')
  const records = readDelimitedRecords(text, delimiter, true)
  const head = records.next()
  if (head.done === true || head.value.problem !== undefined) throw rows.nothingKnown()
  const names = head.value.cells.map((cell) => cell.trim())
  const fields = names.map(fieldOf)
  const isOfNeurons = names.some((column) => ['neuron', 'layer'].includes(column.toLowerCase()))
  if (isOfNeurons || !fields.includes('text')) throw rows.nothingKnown()
  const isOwn = forgetColumns.every((column) => names.includes(column))
  for (const { line, cells, problem } of records) {
    if (problem !== undefined) {
      rows.refuse(line, problem)
      continue
    }
    const row = new Map<Field, unknown>()
    for (const [i, field] of fields.entries()) {
      const cell = isOwn ? fromSpreadsheet(cells[i] ?? '') : (cells[i] ?? '')
      if (field !== null && cell !== '' && !row.has(field)) row.set(field, cell)
    }
    rows.add(line, row)
  }
  return rows.finish(isOwn ? 'forget.jsonl as a table' : 'table')
}

function fieldOf(name: string): Field | null {
  const plain = name.trim().toLowerCase()
  return (
    forgetColumns.find((field) => field.toLowerCase() === plain || otherNames[field]?.includes(plain) === true) ?? null
  )
}

/** Rows as they are checked, and lines that hold none. */
class Rows {
  readonly #name: string
  readonly #side: ConceptSide
  readonly #collector = new ConceptRowCollector<GivenForgetConcept>('')
  readonly #lines = new Map<string, number>()
  #isKnown = false

  constructor(name: string, side: ConceptSide) {
    this.#name = name
    this.#side = side
  }

  add(line: number, fields: ReadonlyMap<Field, unknown>): void {
    this.#isKnown = true
    const row = rowOf(fields, this.#side)
    if (typeof row === 'string') return this.refuse(line, row)
    const key = `${row.side} ${row.text}`
    const before = this.#lines.get(key)
    if (before !== undefined) return this.refuse(line, `the same sentence stands in line ${before}`)
    this.#lines.set(key, line)
    if (this.#lines.size > mostForgetConcepts) {
      throw new SnipError('bad-data', `${this.#name} holds more than ${mostForgetConcepts} concepts`, {
        remedy: 'Check that it is the right file, or split it.',
      })
    }
    this.#collector.add(line, row)
  }

  refuse(line: number, reason: string): void {
    this.#collector.add(line, reason)
  }

  /** Throws `bad-data` when no record was a concept in a known form. */
  finish(format: string): RowsOfFile<GivenForgetConcept> {
    if (!this.#isKnown) throw this.nothingKnown()
    return { ...this.#collector.finish(), format }
  }

  nothingKnown(): SnipError {
    return new SnipError('bad-data', `${this.#name} holds no forget concepts in a known form`, {
      remedy:
        'Known are our own forget.jsonl and tables with a column text, concept or sentence. Concepts of neurons are imported under Neurons.',
    })
  }
}

/** A checked row, or why it is none. */
function rowOf(fields: ReadonlyMap<Field, unknown>, side: ConceptSide): GivenForgetConcept | string {
  const given = fields.get('text')
  const text = typeof given === 'string' ? withoutControls(given).trim() : ''
  if (text === '') return 'there is no sentence'
  if (text.length > longestText) return `the sentence is ${text.length} characters long`
  const weight = isTold(fields.get('weight')) ? numberOf(fields.get('weight'), 1) : null
  if (isTold(fields.get('weight')) && (weight === null || weight < 0))
    return `the weight ${shown(fields.get('weight'))} is no number from 0`
  const enabled = switchOf(fields.get('enabled'))
  if (enabled === null && isTold(fields.get('enabled')))
    return `enabled is ${shown(fields.get('enabled'))}, neither true nor false`
  const on = sideOf(fields.get('side'), side)
  if (on === null) return `the side ${shown(fields.get('side'))} is neither forget nor protected`
  const draws = drawsIn(fields)
  if (draws === null) {
    return `it was named in ${shown(fields.get('draws'))} of ${shown(fields.get('drawsOf'))} draws: these are no counts`
  }
  const author = nameOf(fields.get('author'))
  const preset = nameOf(fields.get('preset'))
  return {
    side: on,
    text,
    weight,
    enabled,
    source: nameOf(fields.get('extractor')) ?? importedBy,
    ...(author === null ? {} : { author }),
    ...(preset === null ? {} : { preset }),
    ...draws,
  }
}

/** How many of how many draws named it; nothing where nothing is told, null where it is nonsense. */
function drawsIn(fields: ReadonlyMap<Field, unknown>): Pick<ForgetConceptRow, 'draws' | 'drawsOf'> | null {
  const draws = numberOf(fields.get('draws'), 0)
  const drawsOf = numberOf(fields.get('drawsOf'), 0)
  if (draws === 0 && drawsOf === 0) return {}
  if (draws === null || drawsOf === null || !Number.isInteger(draws) || !Number.isInteger(drawsOf)) return null
  return draws >= 1 && draws <= drawsOf && drawsOf <= mostDraws ? { draws, drawsOf } : null
}

/** Breaks and tabs stay, as a person may have written them. */
function withoutControls(text: string): string {
  return text.replaceAll('\r\n', '\n').replaceAll(/[^\P{Cc}\n\t]+/gu, ' ')
}

function nameOf(value: unknown): string | null {
  if (typeof value !== 'string') return null
  const name = oneLine(value).trim().slice(0, longestName)
  return name === '' ? null : name
}

function isTold(value: unknown): boolean {
  return value !== undefined && value !== null
}

function numberOf(value: unknown, otherwise: number): number | null {
  if (value === undefined || value === null) return otherwise
  if (typeof value === 'string' && value.trim() === '') return null
  const number = typeof value === 'string' || typeof value === 'number' ? Number(value) : Number.NaN
  return Number.isFinite(number) ? number : null
}

/** Spreadsheets write TRUE; the window shows on and off. */
function switchOf(value: unknown): boolean | null {
  const word = wordOf(value)
  if (['true', 'on', '1', 'yes'].includes(word)) return true
  return ['false', 'off', '0', 'no'].includes(word) ? false : null
}

function sideOf(value: unknown, otherwise: ConceptSide): ConceptSide | null {
  if (value === undefined || value === null) return otherwise
  const word = wordOf(value)
  return word === 'forget' || word === 'protected' ? word : null
}

function wordOf(value: unknown): string {
  return (typeof value === 'string' ? value : (JSON.stringify(value) ?? '')).trim().toLowerCase()
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').slice(0, 40)
}
