const escapes: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
}

/**
 * A string in double quotes, on one line: quotes and backslashes escaped by a backslash, control characters, line
 * separators and lone surrogates as `\u{hex}`. The inverse is `unquote`.
 */
export function quote(text: string): string {
  let out = '"'
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0
    const escape = escapes[character]
    if (escape !== undefined) out += escape
    else if (mustHide(code)) out += `\\u{${code.toString(16)}}`
    else out += character
  }
  return `${out}"`
}

function mustHide(code: number): boolean {
  return (
    code < 0x20 ||
    (code >= 0x7f && code <= 0x9f) ||
    (code >= 0x200b && code <= 0x200f) ||
    (code >= 0x2028 && code <= 0x202e) ||
    (code >= 0x2066 && code <= 0x2069) ||
    (code >= 0xd800 && code <= 0xdfff) ||
    code === 0xfeff
  )
}

const unescapes: Readonly<Record<string, string>> = { '"': '"', '\\': '\\', n: '\n', r: '\r', t: '\t' }

/** Reads the quoted string that begins at `start`: its text and the index after its closing quote; else null. */
export function unquote(source: string, start: number): { text: string; end: number } | null {
  if (source[start] !== '"') return null
  let text = ''
  let at = start + 1
  while (at < source.length) {
    const character = source.charAt(at)
    if (character === '"') return { text, end: at + 1 }
    if (character !== '\\') {
      text += character
      at++
      continue
    }
    const simple = unescapes[source.charAt(at + 1)]
    if (simple !== undefined) {
      text += simple
      at += 2
      continue
    }
    const match = /^\\u\{([0-9a-f]{1,6})\}/.exec(source.slice(at, at + 12))
    const code = match ? Number.parseInt(match[1] ?? '', 16) : Number.NaN
    if (!match || code > 0x10ffff) return null
    text += String.fromCodePoint(code)
    at += match[0].length
  }
  return null
}
