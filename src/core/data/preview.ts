/** How much of a data set is shown: rows, and characters of a string. */
export interface PreviewSize {
  readonly rows: number
  readonly characters: number
}

/** What fits on a terminal. */
export const shortPreview: PreviewSize = { rows: 5, characters: 200 }
const longestList = 50
const deepest = 6

/** A row as plain JSON, short enough to show: strings cut to `characters`, lists to 50 items, 6 levels deep. */
export function previewRow(
  values: Record<string, unknown>,
  { characters }: PreviewSize = shortPreview,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, previewValue(value, deepest, characters)]),
  )
}

/** The first `most` UTF-16 units of a text, one less where that would cut a character in two. */
export function cutText(text: string, most: number): string {
  if (text.length <= most) return text
  const code = text.charCodeAt(most - 1)
  return text.slice(0, code >= 0xd800 && code <= 0xdbff ? most - 1 : most)
}

function previewValue(value: unknown, levels: number, most: number): unknown {
  if (typeof value === 'string') return cutText(value, most)
  if (typeof value === 'bigint') {
    return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString()
  }
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (typeof value === 'boolean' || value === null) return value
  if (typeof value !== 'object') return null
  if (levels === 0) return '...'
  if (Array.isArray(value)) return value.slice(0, longestList).map((item) => previewValue(item, levels - 1, most))
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, longestList)
      .map(([key, item]) => [key, previewValue(item, levels - 1, most)]),
  )
}
