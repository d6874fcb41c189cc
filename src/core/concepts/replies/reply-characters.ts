const terminal = terminalSequences()
const unseen = /[\p{Cc}\p{Cf}\p{Cs}]/gu
/** Joiners shape the letters of these scripts, and join pictures; elsewhere they only hide. */
const beforeJoiner =
  /[\p{Script=Arabic}\p{Script=Syriac}\p{Script=Mongolian}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Gurmukhi}\p{Script=Gujarati}\p{Script=Oriya}\p{Script=Tamil}\p{Script=Telugu}\p{Script=Kannada}\p{Script=Malayalam}\p{Script=Sinhala}\p{Script=Khmer}\p{Extended_Pictographic}\p{Emoji_Modifier}]\p{M}*$/u
const afterJoiner = /^(?:[\p{L}\p{M}\p{Extended_Pictographic}])/u

/**
 * A text without what is no text: sequences for terminals, control and format characters (marks of direction, of no width), halves of
 * characters. Lines and tabs stay, and joiners where letters or pictures need them.
 */
export function withoutUnseen(text: string): string {
  const plain = text.replace(terminal, '')
  return plain.replace(unseen, (character, at: number) => {
    if (character === '\n' || character === '\t') return character
    if (character === '\r') return plain[at + 1] === '\n' ? character : '\n'
    if (character !== '\u200c' && character !== '\u200d') return ''
    const joins =
      beforeJoiner.test(plain.slice(Math.max(0, at - 8), at)) && afterJoiner.test(plain.slice(at + 1, at + 3))
    return joins ? character : ''
  })
}

/** Colours, titles and moves of the cursor; of a torn one the escape alone goes, as every control character does. */
function terminalSequences(): RegExp {
  const escape = String.raw`\u001b`
  const bell = String.raw`\u0007`
  return new RegExp(
    String.raw`${escape}\][^${bell}${escape}]{0,2000}(?:${bell}|${escape}\\)|${escape}\[[0-?]{0,40}[ -/]{0,8}[@-~]`,
    'g',
  )
}
