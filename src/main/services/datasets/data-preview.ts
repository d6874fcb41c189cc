import type { cellSchema, DataPreview, Mapping } from '../../../contract/workbench/datasets.ts'
import type { z } from 'zod'
import type { Dataset } from '../../../core/data/dataset.ts'
import { cutText, previewRow, type PreviewSize } from '../../../core/data/preview.ts'
import type { DataInUse } from '../data-in-use/data-in-use.ts'

type Cell = z.infer<typeof cellSchema>

const longestCell = 2000
const mostRejected = 1000
/** One character more than is shown tells a cell that has to be cut. */
export const windowPreview: PreviewSize = { rows: 50, characters: longestCell + 1 }

/** What a person sees of a data set under a mapping, whatever its size. */
export function previewOf(
  file: { readonly name: string; readonly bytes: number },
  dataset: Dataset,
  data: DataInUse,
  mapping: Mapping,
): DataPreview {
  const rows = data.cloze
    ? data.cloze.slice(0, windowPreview.rows).map((question) => previewRow({ ...question }, windowPreview))
    : dataset.preview
  return {
    name: file.name,
    format: dataset.format,
    kind: dataset.kind,
    bytes: file.bytes,
    columns: dataset.columns.map((name) => ({ name, type: typeOf(rows.map((row) => row[name])) })),
    mapping,
    rows: data.cloze ? data.cloze.length : dataset.rows,
    documents: data.documents.length,
    rejectedCount: dataset.rejected.length,
    rejected: dataset.rejected.slice(0, mostRejected).map(({ line, reason }) => ({ line, reason })),
    repaired: [...dataset.notes],
    preview: rows.map((row) => Object.fromEntries(Object.entries(row).map(([key, value]) => [key, cellOf(value)]))),
  }
}

/** A text that ends in an ellipsis when it was longer than `most` characters. */
export function cutWithEllipsis(text: string, most: number): string {
  return text.length <= most ? text : `${cutText(text, most)}\u2026`
}

function cellOf(value: unknown): Cell {
  if (value === null || value === undefined) return null
  if (typeof value === 'number' || typeof value === 'boolean') return value
  return cutWithEllipsis(typeof value === 'string' ? value : JSON.stringify(value), longestCell)
}

/** The type of a column by its shown values. */
function typeOf(values: readonly unknown[]): string {
  const types = new Set(values.filter((value) => value !== null && value !== undefined).map(typeOfValue))
  if (types.size === 0) return 'empty'
  return types.size === 1 ? [...types][0]! : 'mixed'
}

function typeOfValue(value: unknown): string {
  if (typeof value === 'string') return 'text'
  if (typeof value === 'object') return Array.isArray(value) ? 'list' : 'object'
  return typeof value === 'boolean' ? 'true or false' : 'number'
}
