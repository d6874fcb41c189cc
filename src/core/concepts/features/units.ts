/** A word, a punctuation mark, a line break or an indentation of a window's text. */
export interface Unit {
  readonly kind: 'word' | 'mark' | 'newline' | 'indentation'
  readonly text: string
  /** Offsets in UTF-16 units of the window's text. */
  readonly start: number
  readonly end: number
}

const unitPattern =
  /(?<indentation>(?<=^|\n)[ \t]+(?=[^\s]))|(?<newline>(?:\r\n|\n)+)|(?<word>[\p{L}\p{N}_]+(?:['’][\p{L}]+)*)|(?<mark>[^\s])/gu

/**
 * Cuts a text into units; spaces between them belong to none. Spaces at the very start of the text count as
 * indentation only when there are at least two, since a token that begins a window often carries one.
 */
export function splitUnits(text: string): Unit[] {
  const units: Unit[] = []
  for (const match of text.matchAll(unitPattern)) {
    const groups = match.groups ?? {}
    const piece = match[0]
    let kind: Unit['kind'] = 'mark'
    if (groups['indentation'] !== undefined) {
      if (match.index === 0 && piece.length < 2) continue
      kind = 'indentation'
    } else if (groups['newline'] !== undefined) kind = 'newline'
    else if (groups['word'] !== undefined) kind = 'word'
    units.push({ kind, text: piece, start: match.index, end: match.index + piece.length })
  }
  return units
}

/** The tokens' texts joined, and where each token begins (and, last, where the text ends). */
export function joinTokens(tokens: readonly string[]): { text: string; starts: Int32Array } {
  const starts = new Int32Array(tokens.length + 1)
  let text = ''
  for (let i = 0; i < tokens.length; i++) {
    starts[i] = text.length
    text += tokens[i] ?? ''
  }
  starts[tokens.length] = text.length
  return { text, starts }
}

/** For each token the units that its characters other than spaces touch, as a half-open range [from, to). */
export function unitsOfTokens(tokens: readonly string[], starts: Int32Array, units: readonly Unit[]): Int32Array {
  const ranges = new Int32Array(tokens.length * 2)
  let unit = 0
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i] ?? ''
    const whitespaceOnly = token.trim() === ''
    const lead = whitespaceOnly ? 0 : token.length - token.replace(/^[ ]+/, '').length
    const from = (starts[i] ?? 0) + lead
    const to = starts[i + 1] ?? 0
    while (unit < units.length && (units[unit]?.end ?? 0) <= from) unit++
    let last = unit
    while (last < units.length && (units[last]?.start ?? 0) < to) last++
    ranges[2 * i] = unit
    ranges[2 * i + 1] = last
  }
  return ranges
}
