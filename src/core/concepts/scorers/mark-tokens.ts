/**
 * Tokens as one text, those at `places` between << and >>. A < or > of the text that touches another one, or a mark, has a backslash
 * before it, so that no text can pose as a mark or close one; backslashes right before a sign of the text are doubled. A text with
 * neither stays as it is, and the tokens can be told from the result.
 */
export function markTokens(tokens: readonly string[], places: readonly number[]): string {
  const chosen = new Set(places)
  const pieces = tokens.flatMap((token, i) => {
    if (!chosen.has(i)) return [{ text: token, isMark: false }]
    const space = /^\s*/.exec(token)![0]
    return [
      { text: space, isMark: false },
      { text: '<<', isMark: true },
      { text: token.slice(space.length), isMark: false },
      { text: '>>', isMark: true },
    ]
  })
  const whole = pieces.map(({ text }) => text).join('')
  let at = 0
  let marked = ''
  for (const { text, isMark } of pieces) {
    marked += isMark ? text : escaped(text, at, whole)
    at += text.length
  }
  return marked.trim()
}

/** True when a marked text holds a sign of its own that was escaped. */
export function holdsEscape(marked: string): boolean {
  return [...marked.matchAll(/(\\+)(<+|>+)/g)].some(
    ([, backslashes, signs]) => signs!.length !== 2 && backslashes!.length % 2 === 1,
  )
}

function escaped(text: string, from: number, whole: string): string {
  let result = ''
  // Backslashes before the piece belong to its first sign as well.
  let backslashes = 0
  for (let at = from - 1; whole[at] === '\\'; at--) backslashes++
  for (const [i, character] of text.split('').entries()) {
    if (character === '<' || character === '>') {
      const at = from + i
      const touches = whole[at - 1] === character || whole[at + 1] === character
      result += '\\'.repeat(backslashes + (touches ? 1 : 0))
    }
    backslashes = character === '\\' ? backslashes + 1 : 0
    result += character
  }
  return result
}
