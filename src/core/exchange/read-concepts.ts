import { readDelimitedRecords } from '../data/formats/delimited-records.ts'
import { parseJsonText } from '../data/formats/json-text.ts'
import { conceptRow, ConceptRowCollector, type ConceptRow, type ConceptRows } from './concept-row.ts'
import { conceptOfCells, ownColumns } from './concept-objects.ts'
import { ConceptRecords, nothingKnown } from './concept-records.ts'

/**
 * Reads concepts in the formats that others publish: OpenAI's neuron explanations (JSON objects with `scored_explanations`, one a file or
 * one a line), tables with columns layer, neuron, explanation and optionally score (also with one column a prompt type, as Lee et al.
 * publish), Neuronpedia's exports (objects with `layer`, `index`, `description`), and our own concepts.jsonl, also as a table. The
 * format is told by what the text holds, not by its name. Throws `bad-data` when it holds none of them.
 */
export function readForeignConcepts(text: string, name: string): ConceptRows {
  const steps = readForeignConceptsInSteps(text, name)
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}

/** Records that are read in one step. */
const recordsTogether = 200

/** The same in steps of a few milliseconds, for a caller that lets others in between them. Each step is the line or record that it begins with. */
export function* readForeignConceptsInSteps(text: string, name: string): Generator<number, ConceptRows> {
  const start = text.replace(/^\uFEFF/, '').trimStart()
  if (start.startsWith('{') || start.startsWith('[')) return yield* readJson(start, text, name)
  return yield* readTable(text.replace(/^\uFEFF/, ''), name)
}

function* readJson(start: string, text: string, name: string): Generator<number, ConceptRows> {
  const whole = parseJsonText(start)
  const records = new ConceptRecords(name)
  if (whole.ok) {
    const list = Array.isArray(whole.value) ? (whole.value as unknown[]) : [whole.value]
    for (const [i, value] of list.entries()) {
      if (i % recordsTogether === 0) yield i
      records.addValue(i + 1, value)
    }
  } else {
    for (const [i, line] of text.split('\n').entries()) {
      if (i % recordsTogether === 0) yield i
      records.addLine(i + 1, line)
    }
  }
  return records.finish()
}

/** Column names, lower case, that published tables use. */
const layerNames = ['layer', 'layer_index']
const neuronNames = ['neuron', 'neuron_index', 'index', 'feature']
const textNames = ['explanation', 'description', 'concept', 'text']
const scoreNames = ['score', 'explanation_score', 'ev_correlation_score']

function* readTable(text: string, name: string): Generator<number, ConceptRows> {
  const firstLine = text.slice(0, text.indexOf('\n') < 0 ? undefined : text.indexOf('\n'))
  const delimiter = firstLine.includes('\t') ? '\t' : ','
  const records = readDelimitedRecords(text, delimiter, true)
  const head = records.next()
  if (head.done === true || head.value.problem !== undefined) throw nothingKnown(name)
  const names = head.value.cells.map((cell) => cell.trim().toLowerCase())
  const columnOf = (candidates: readonly string[]) => names.findIndex((column) => candidates.includes(column))
  if (ownColumns.every((column) => head.value.cells.includes(column))) {
    const own = new ConceptRowCollector('concepts.jsonl as a table')
    let count = 0
    for (const { line, cells, problem } of records) {
      if (count++ % recordsTogether === 0) yield line - 1
      own.add(line, problem ?? conceptOfCells(head.value.cells, cells))
    }
    return own.finish()
  }
  const layer = columnOf(layerNames)
  const neuron = columnOf(neuronNames)
  if (layer < 0 || neuron < 0) throw nothingKnown(name)
  const score = columnOf(scoreNames)
  const named = columnOf(textNames)
  // One column a prompt type: each is an explanation of its own author.
  const others = names.flatMap((_, i) => (i === layer || i === neuron || i === score ? [] : [i]))
  const columns = named >= 0 ? [named] : others
  if (columns.length === 0) throw nothingKnown(name)
  const format = named >= 0 ? 'table' : 'table of prompt types'
  const collector = new ConceptRowCollector(format)
  let count = 0
  for (const { line, cells, problem } of records) {
    if (count++ % recordsTogether === 0) yield line - 1
    if (problem !== undefined) {
      collector.add(line, problem)
      continue
    }
    for (const column of columns) {
      const author = named >= 0 ? 'import' : (head.value.cells[column] ?? 'import').trim()
      const value = score < 0 ? null : cells[score]
      collector.add(line, conceptRow(cells[layer], cells[neuron], cells[column], value, author))
    }
  }
  return collector.finish()
}

export type { ConceptRow }
