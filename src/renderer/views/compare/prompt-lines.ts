import { formatCount } from '../../components/numbers.ts'

/** Characters of a prompt that a row of the list shows: a line of a million must not be laid out for one row. */
const mostInRow = 200

/** A prompt as one short line: line breaks become blanks. */
export function firstLine(text: string): string {
  const head = text.slice(0, mostInRow).replace(/\s+/g, ' ').trim()
  return text.length > mostInRow ? `${head}…` : head
}

/** Characters of a prompt that stand above its continuations. */
const mostBefore = 4000

/** The end of a prompt, which the continuation follows; the whole prompt when it is short. */
export function shownPrompt(text: string): string {
  return text.length <= mostBefore ? text : `…${text.slice(-mostBefore)}`
}

/** Characters that a prompt may have. */
const longestPrompt = 1_000_000

/** Why a prompt cannot be sent, with what to do; null when it can. */
export function problemOfPrompt(text: string): string | null {
  if (text.length <= longestPrompt) return null
  return `The prompt has ${formatCount(text.length)} characters; at most ${formatCount(longestPrompt)} fit. Shorten it.`
}

/** Lines that a paste may have before it is kept out of the box, which would lay each of them out. */
export const mostLinesInBox = 200

/** The lines of a text that hold something. */
export function linesOf(text: string): string[] {
  return text.split(/\r?\n/).filter((line) => line.trim() !== '')
}
