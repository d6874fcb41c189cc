import { SnipError } from '../../../contract/failure.ts'
import { columnsOf } from '../columns.ts'
import type { Rejection, SourceRow } from '../dataset.ts'
import { isTextColumnName } from '../text-column.ts'
import { createWholeTextParser, type DataFormat, type Parsed, type ParserOptions } from './format.ts'
import { describeJson, isJsonObject, parseJsonText } from './json-text.ts'
import { createJsonlParser } from './jsonl.ts'

/** JSON: an array of objects or of strings, an object that holds one such array, or JSON lines under this name. */
export const jsonFormat: DataFormat = {
  id: 'json',
  name: 'JSON',
  extensions: ['.json'],
  createParser: (options) =>
    createWholeTextParser(
      (text) => parseJson(text, options),
      () =>
        new SnipError('bad-data', `${options.name} is too large to be read as one JSON value`, {
          remedy: 'Turn it into JSONL, one object per line, or Parquet.',
        }),
    ),
}

function parseJson(text: string, options: ParserOptions): Parsed {
  const whole = parseJsonText(text)
  if (!whole.ok) {
    const lines = tryJsonLines(text)
    if (lines !== null) return lines
    const before = text.slice(0, whole.offset)
    const line = lineAt(text, whole.offset)
    const column = whole.offset - before.lastIndexOf('\n')
    throw new SnipError(
      'bad-data',
      `${options.name} is not valid JSON: line ${line}, column ${column}: ${whole.reason}`,
      { remedy: 'Mend the file, or give one JSON object per line.' },
    )
  }
  const found = findRows(whole.value, options)
  if (isJsonObject(found.value)) return single(found.value, text, whole.repaired)
  return rowsOf(found.value, text, found.key, whole.repaired, found.notes)
}

/** JSON lines are recognised by a first line that is complete on its own. */
function tryJsonLines(text: string): Parsed | null {
  const first = /\S[^\n]*/.exec(text)?.[0]
  if (first === undefined || !parseJsonText(first).ok) return null
  const parser = createJsonlParser()
  parser.push(text)
  const parsed = parser.end()
  if (parsed.kind !== 'rows') return parsed
  return { ...parsed, notes: [...parsed.notes, 'The file holds JSON lines, not one JSON value.'] }
}

function findRows(
  value: unknown,
  options: ParserOptions,
): { value: readonly unknown[] | Record<string, unknown>; key: string | null; notes: string[] } {
  if (Array.isArray(value)) return { value, key: null, notes: [] }
  if (!isJsonObject(value)) {
    throw new SnipError('bad-data', `${options.name} holds ${describeJson(value)} where an array of rows is needed`, {
      remedy: 'Give an array of objects or of strings.',
    })
  }
  const entries = Object.entries(value)
  const named = (key: string): boolean => key === options.textColumn || isTextColumnName(key)
  if (entries.some(([key, item]) => typeof item === 'string' && named(key))) return { value, key: null, notes: [] }
  const arrays = entries.filter(([, item]) => Array.isArray(item))
  const [key, rows] = arrays[0] ?? []
  if (arrays.length !== 1 || key === undefined || !Array.isArray(rows)) {
    const keys = entries.slice(0, 10).map(([name]) => JSON.stringify(name))
    throw new SnipError(
      'bad-data',
      `${options.name} holds an object with ${arrays.length} arrays where one array of rows is needed (keys: ${keys.join(', ')})`,
      { remedy: 'Give an array of objects or of strings, or JSON lines.' },
    )
  }
  return { value: rows, key, notes: [`Rows are taken from the array ${JSON.stringify(key)}.`] }
}

function single(values: Record<string, unknown>, text: string, repaired: number): Parsed {
  const row: SourceRow = { line: lineAt(text, text.search(/\S/)), values }
  return { kind: 'rows', columns: columnsOf([row]), rows: [row], rejected: [], repaired, notes: [] }
}

function rowsOf(
  items: readonly unknown[],
  text: string,
  key: string | null,
  repaired: number,
  notes: readonly string[],
): Parsed {
  const first = items.find((item) => typeof item === 'string' || isJsonObject(item))
  const wanted = typeof first === 'string' ? 'a string' : 'an object'
  const lines = elementLines(text, key !== null)
  const rows: SourceRow[] = []
  const rejected: Rejection[] = []
  items.forEach((item, index) => {
    const line = lines[index] ?? 1
    if (wanted === 'a string' && typeof item === 'string') rows.push({ line, values: { text: item } })
    else if (wanted === 'an object' && isJsonObject(item)) rows.push({ line, values: item })
    else rejected.push({ line, reason: `element ${index + 1} is not ${wanted} but ${describeJson(item)}` })
  })
  return { kind: 'rows', columns: columnsOf(rows), rows, rejected, repaired, notes }
}

/** Physical line of each element of the array of rows: the outermost array, or the one inside the outer object. */
function elementLines(text: string, inObject: boolean): number[] {
  const level = inObject ? 2 : 1
  const lines: number[] = []
  const stack: number[] = []
  let line = 1
  let expecting = false
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 10) line++
    if (code === 32 || code === 9 || code === 10 || code === 13) continue
    const closes = code === 93 || code === 125
    if (expecting && !closes) lines.push(line)
    expecting = false
    if (code === 34) {
      for (at++; at < text.length && text.charCodeAt(at) !== 34; at++) if (text.charCodeAt(at) === 92) at++
    } else if (code === 91 || code === 123) {
      stack.push(code)
      expecting = stack.length === level && code === 91
    } else if (closes) {
      stack.pop()
    } else if (code === 44) {
      expecting = stack.length === level && stack[level - 1] === 91
    }
  }
  return lines
}

function lineAt(text: string, offset: number): number {
  let line = 1
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) line++
  return line
}
