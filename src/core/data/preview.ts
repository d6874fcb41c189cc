/** Rows in a preview. */
export const previewRows = 5
const longestString = 200
const longestList = 50
const deepest = 6

/** A row as plain JSON, short enough to show: strings cut to 200 characters, lists to 50 items, 6 levels deep. */
export function previewRow(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, previewValue(value, deepest)]))
}

/** The first 200 UTF-16 units of a text, one less where that would cut a character in two. */
export function cutText(text: string): string {
  if (text.length <= longestString) return text
  const code = text.charCodeAt(longestString - 1)
  return text.slice(0, code >= 0xd800 && code <= 0xdbff ? longestString - 1 : longestString)
}

function previewValue(value: unknown, levels: number): unknown {
  if (typeof value === 'string') return cutText(value)
  if (typeof value === 'bigint') {
    return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString()
  }
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (typeof value === 'boolean' || value === null) return value
  if (typeof value !== 'object') return null
  if (levels === 0) return '...'
  if (Array.isArray(value)) return value.slice(0, longestList).map((item) => previewValue(item, levels - 1))
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, longestList)
      .map(([key, item]) => [key, previewValue(item, levels - 1)]),
  )
}
