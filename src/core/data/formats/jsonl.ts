import type { Rejection, SourceRow } from '../dataset.ts'
import { columnsOf } from '../columns.ts'
import type { DataFormat, TextParser } from './format.ts'
import { describeJson, isJsonObject, parseJsonText } from './json-text.ts'
import { createLineSplitter } from './lines.ts'

/** JSON lines: one object per line. Blank lines are skipped but counted; a bad line is rejected, not fatal. */
export const jsonlFormat: DataFormat = {
  id: 'jsonl',
  name: 'JSON lines',
  extensions: ['.jsonl', '.ndjson'],
  createParser: () => createJsonlParser(),
}

export function createJsonlParser(): TextParser {
  const rows: SourceRow[] = []
  const rejected: Rejection[] = []
  let repaired = 0

  const splitter = createLineSplitter((raw, line) => {
    // Files joined with `cat` carry byte order marks in the middle.
    const marked = raw.startsWith('\uFEFF')
    const text = marked ? raw.slice(1) : raw
    if (marked) repaired++
    if (text.trim() === '') return
    const parsed = parseJsonText(text)
    if (!parsed.ok) {
      rejected.push({ line, reason: `not valid JSON: ${parsed.reason}` })
    } else if (!isJsonObject(parsed.value)) {
      rejected.push({ line, reason: `not an object but ${describeJson(parsed.value)}` })
    } else {
      repaired += parsed.repaired
      rows.push({ line, values: parsed.value })
    }
  })

  return {
    push: (text) => splitter.push(text),
    end() {
      splitter.end()
      return { kind: 'rows', columns: columnsOf(rows), rows, rejected, repaired, notes: [] }
    },
  }
}
