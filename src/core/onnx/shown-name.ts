/** A name out of a file as messages show it: quoted, control and direction characters escaped, at most 120 characters. */
export function shownName(name: string): string {
  return `"${visible(name, '"\\')}"`
}

/** Other text out of a file, or about it: the same without quotes. */
export function shownText(text: string): string {
  return visible(text, '')
}

function visible(text: string, escaped: string): string {
  const cut = text.length > 120 ? `${text.slice(0, 100)}...${text.slice(-17)}` : text
  let shown = ''
  for (const character of cut) {
    const code = character.codePointAt(0)!
    if (escaped.includes(character)) shown += `\\${character}`
    else if (isInvisible(code)) shown += `\\u{${code.toString(16)}}`
    else shown += character
  }
  return shown
}

function isInvisible(code: number): boolean {
  if (code < 0x20 || (code >= 0x7f && code < 0xa0) || code === 0xfeff) return true
  if (code >= 0xd800 && code < 0xe000) return true
  return (code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069)
}
