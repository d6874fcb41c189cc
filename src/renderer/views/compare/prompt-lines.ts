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
