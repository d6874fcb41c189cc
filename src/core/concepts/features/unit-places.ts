import type { Unit } from './units.ts'

const codeLine =
  /^\s*(?:def \w|class \w+[(:]|import \w|from [\w.]+ import|return\b|@\w|#|elif\b.*:$|else:$|try:$|except\b.*:$|if .*:$|for .* in .*:$|while .*:$|with .*:$|raise [A-Z]|assert |self\.|>>> )/

/**
 * For each unit whether its line reads as program code: it begins like a Python statement, is indented by four or
 * more, or is dense with signs that prose does not use.
 */
export function findCodeUnits(text: string, units: readonly Unit[]): Uint8Array {
  const inCode = new Uint8Array(units.length)
  let lineStart = 0
  let unit = 0
  while (lineStart <= text.length) {
    let lineEnd = text.indexOf('\n', lineStart)
    if (lineEnd < 0) lineEnd = text.length
    const isCode = readsAsCode(text.slice(lineStart, lineEnd))
    while (unit < units.length && (units[unit]?.start ?? 0) <= lineEnd) {
      inCode[unit] = isCode ? 1 : 0
      unit++
    }
    lineStart = lineEnd + 1
  }
  return inCode
}

function readsAsCode(line: string): boolean {
  if (codeLine.test(line) || /^(?: {4}|\t)\s*\S/.test(line)) return true
  const signs = line.match(/\w[([]|[={}<>+#@%\\|]|\w_\w|\w\.\w/g)?.length ?? 0
  return signs >= 2 && signs / Math.max(line.length, 1) > 0.05
}

/** For each unit whether it stands between double quotation marks; a first mark that closes implies an open one. */
export function findQuotedUnits(text: string, units: readonly Unit[]): Uint8Array {
  const inside = new Uint8Array(units.length)
  let open = false
  let firstSeen = false
  for (let i = 0; i < units.length; i++) {
    const unit = units[i]
    if (!unit) continue
    const opens = unit.kind === 'mark' ? quoteDirection(text, unit) : null
    if (opens === null) {
      inside[i] = open ? 1 : 0
      continue
    }
    if (!firstSeen && !opens) inside.fill(1, 0, i)
    firstSeen = true
    open = opens
  }
  return inside
}

/** True for an opening double quotation mark, false for a closing one, null for any other unit. */
function quoteDirection(text: string, unit: Unit): boolean | null {
  if (unit.text === '“') return true
  if (unit.text === '”') return false
  if (unit.text !== '"') return null
  const before = text.charAt(unit.start - 1)
  const after = text.charAt(unit.end)
  if (/\s/.test(after) || after === '') return false
  return before === '' || /[\s([{=,—-]/.test(before)
}

/** For each unit whether it stands between brackets that open within the text. */
export function findBracketedUnits(units: readonly Unit[]): Uint8Array {
  const inside = new Uint8Array(units.length)
  let depth = 0
  for (let i = 0; i < units.length; i++) {
    const text = units[i]?.text ?? ''
    if (/^[)\]}]$/.test(text)) depth = Math.max(0, depth - 1)
    inside[i] = depth > 0 ? 1 : 0
    if (/^[([{]$/.test(text)) depth++
  }
  return inside
}
