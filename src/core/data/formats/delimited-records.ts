/** One record of a delimited text, or why it is none. */
export interface DelimitedRecord {
  /** Physical line on which the record starts, from 1. */
  readonly line: number
  readonly cells: readonly string[]
  /** Present when the record is damaged; `cells` is then empty. */
  readonly problem?: string
}

const lineFeed = 10
const carriageReturn = 13
const quote = 34

/**
 * Records of a delimited text (RFC 4180): quoted cells may hold delimiters, line breaks and doubled quotes; a record
 * ends at LF, CRLF or CR; blank lines are skipped but counted. A damaged record is given with its problem, and reading
 * goes on at the next physical line. An unclosed quote costs one scan to the end, and can occur only once: past it all
 * quotes stand in pairs, so the whole stays linear in the text.
 */
export function* readDelimitedRecords(text: string, delimiter: string, quoting: boolean): Generator<DelimitedRecord> {
  const delimiterCode = delimiter.charCodeAt(0)
  let at = 0
  let line = 1

  /** Moves past a line break at `at`, if there is one. */
  function skipBreak(): void {
    const code = text.charCodeAt(at)
    if (code === carriageReturn && text.charCodeAt(at + 1) === lineFeed) at += 2
    else if (code === lineFeed || code === carriageReturn) at++
    else return
    line++
  }

  function endOfLine(from: number): number {
    let end = from
    while (end < text.length && !isBreak(text.charCodeAt(end))) end++
    return end
  }

  while (at < text.length) {
    if (isBreak(text.charCodeAt(at))) {
      skipBreak()
      continue
    }
    const startLine = line
    const start = at
    const cells: string[] = []
    let problem: string | null = null
    for (;;) {
      if (quoting && text.charCodeAt(at) === quote) {
        const cell = readQuoted(text, at)
        if (cell === null) {
          problem = 'a quote is opened and never closed'
          at = endOfLine(start)
          break
        }
        line += cell.breaks
        at = cell.end
        cells.push(cell.value)
        const code = text.charCodeAt(at)
        if (at < text.length && code !== delimiterCode && !isBreak(code)) {
          problem = `text after the closing quote of cell ${cells.length}`
          at = endOfLine(at)
          break
        }
      } else {
        const from = at
        while (at < text.length) {
          const code = text.charCodeAt(at)
          if (code === delimiterCode || isBreak(code)) break
          at++
        }
        cells.push(text.slice(from, at))
      }
      if (text.charCodeAt(at) !== delimiterCode) break
      at++
    }
    if (problem !== null && problem.startsWith('a quote')) line = startLine
    skipBreak()
    yield problem === null ? { line: startLine, cells } : { line: startLine, cells: [], problem }
  }
}

function isBreak(code: number): boolean {
  return code === lineFeed || code === carriageReturn
}

/** The quoted cell that opens at `open`; null when it is never closed. `breaks` counts the line breaks inside. */
function readQuoted(text: string, open: number): { value: string; end: number; breaks: number } | null {
  let from = open + 1
  let value = ''
  for (;;) {
    const close = text.indexOf('"', from)
    if (close < 0) return null
    value += text.slice(from, close)
    if (text.charCodeAt(close + 1) !== quote) return { value, end: close + 1, breaks: countBreaks(value) }
    value += '"'
    from = close + 2
  }
}

function countBreaks(text: string): number {
  let count = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === lineFeed || (code === carriageReturn && text.charCodeAt(at + 1) !== lineFeed)) count++
  }
  return count
}
