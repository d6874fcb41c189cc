import { SnipError } from '../../contract/failure.ts'
import type { SourceRow } from './dataset.ts'

/** Column names that hold the text when none is asked for, best first. */
const textColumnNames = [
  'text',
  'content',
  'sentence',
  'comment',
  'comment_text',
  'prompt',
  'document',
  'body',
  'passage',
  'article',
  'review',
  'story',
  'question',
]

export function isTextColumnName(name: string): boolean {
  return textColumnNames.includes(name.trim().toLowerCase())
}

/** What can be told of a column before any row is used. */
export interface ColumnSummary {
  readonly name: string
  /** `text`: all its values are text; `nested`: objects that have a text field `text`; `other`: anything else. */
  readonly holds: 'text' | 'nested' | 'other'
  /** For messages: a type's name. */
  readonly type: string
}

/** Where the text is: a column, or a field inside one. */
export interface TextColumn {
  /** As on the command line: `prompt` or `prompt.text`. */
  readonly label: string
  /** The column, then the field inside it, if any. */
  readonly path: readonly string[]
}

/**
 * Picks the text column: the one asked for (dotted for a nested field), else a known name, else the only text column.
 * Throws 'bad-argument' that names the columns.
 */
export function pickTextColumn(columns: readonly ColumnSummary[], requested: string | undefined): TextColumn {
  if (requested !== undefined) return findRequested(columns, requested)
  const direct = findKnown(columns, 'text')
  if (direct !== undefined) return { label: direct.name, path: [direct.name] }
  const nested = findKnown(columns, 'nested')
  if (nested !== undefined) return { label: `${nested.name}.text`, path: [nested.name, 'text'] }
  const texts = columns.filter(({ holds }) => holds === 'text')
  const only = texts[0]
  if (texts.length === 1 && only !== undefined) return { label: only.name, path: [only.name] }
  throw new SnipError(
    'bad-argument',
    `It is not clear which column holds the text: ${texts.length} of the columns hold text (columns: ${listColumns(columns)})`,
    { remedy: 'Name it with --text-column.' },
  )
}

/** The column with the best known name; one that is written exactly so goes before one that differs in case. */
function findKnown(columns: readonly ColumnSummary[], holds: ColumnSummary['holds']): ColumnSummary | undefined {
  const fitting = columns.filter((column) => column.holds === holds)
  for (const known of textColumnNames) {
    const exact = fitting.find(({ name }) => name === known)
    const folded = exact ?? fitting.find(({ name }) => name.trim().toLowerCase() === known)
    if (folded !== undefined) return folded
  }
  return undefined
}

function findRequested(columns: readonly ColumnSummary[], requested: string): TextColumn {
  const folded = requested.toLowerCase()
  const alike = columns.filter(({ name }) => name.toLowerCase() === folded)
  const column = columns.find(({ name }) => name === requested) ?? (alike.length === 1 ? alike[0] : undefined)
  if (column !== undefined) return { label: column.name, path: [column.name] }
  const outer = columns.find(({ name }) => requested.startsWith(`${name}.`))
  if (outer !== undefined) {
    return { label: requested, path: [outer.name, ...requested.slice(outer.name.length + 1).split('.')] }
  }
  throw new SnipError(
    'bad-argument',
    `There is no column ${JSON.stringify(requested)} (columns: ${listColumns(columns)})`,
    { remedy: 'Give one of these names to --text-column.' },
  )
}

function listColumns(columns: readonly ColumnSummary[]): string {
  const names = columns.slice(0, 20).map(({ name, type }) => `${JSON.stringify(name)} ${type}`)
  const more = columns.length > names.length ? [`and ${columns.length - names.length} more`] : []
  return columns.length === 0 ? 'none' : [...names, ...more].join(', ')
}

/** What each column of parsed rows holds; null values count for nothing. */
export function summarizeColumns(columns: readonly string[], rows: readonly SourceRow[]): ColumnSummary[] {
  return columns.map((name) => {
    let texts = 0
    let nested = 0
    let present = 0
    for (const { values } of rows) {
      const value = own(values, name)
      if (value === undefined || value === null) continue
      present++
      if (typeof value === 'string') texts++
      else if (typeof own(value, 'text') === 'string') nested++
    }
    if (present > 0 && texts === present) return { name, holds: 'text', type: 'text' }
    if (present > 0 && nested === present) return { name, holds: 'nested', type: 'object' }
    return { name, holds: 'other', type: present === 0 ? 'empty' : 'not text' }
  })
}

/** The text of a row, or the reason why it has none. */
export function textOf(values: Record<string, unknown>, column: TextColumn): { text: string } | { reason: string } {
  let value: unknown = values
  for (const key of column.path) value = own(value, key)
  if (typeof value === 'string') return { text: value }
  const label = JSON.stringify(column.label)
  if (value === undefined) return { reason: `no ${label}` }
  if (value === null) return { reason: `${label} is null` }
  return { reason: `${label} is not text but ${Array.isArray(value) ? 'an array' : `of type ${typeof value}`}` }
}

/** An own property; a name that every object inherits is not data. */
function own(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  return Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined
}
