const longest = 160
/** Characters that fit into a string. */
const longestText = 2 ** 28
const backslash = 0x5c
const letterU = 0x75

/** A text without a key, and without anything that looks like one. */
export function withoutKey(text: string, key: string | null): string {
  const own = key === null || key.length < 4 ? text : text.replaceAll(key, '[key]')
  return own.replace(/\b(?:sk|pk|rk|hf|gsk|xai)[-_][-_A-Za-z0-9.*]{6,}/g, '[key]')
}

/** A server's words as part of a sentence: one short line without marks that control a terminal, and without keys. */
export function quoted(text: string, key: string | null): string {
  const line = withoutKey(text, key)
    .replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim()
  return line.length > longest ? `${line.slice(0, longest)}…` : line
}

/**
 * Takes a key that the server sent back out of answers, also where it is written with the escapes of JSON, as \/ and \u0061, in one
 * document, in lines of them, or in half of one.
 */
export function keyRemover(key: string | null): (body: Buffer) => Buffer {
  if (key === null || key.length < 4) return (body) => body
  const anySpelling = new RegExp(Array.from(key, spellingsOf).join(''))
  return (body) => {
    if (!body.includes(key) && !body.includes(backslash)) return body
    // Most answers have escapes and no key: one fast look at them.
    const mayHold = body.length > longestText || anySpelling.test(body.toString('latin1'))
    return mayHold ? withoutOwnKey(body, key) : body
  }
}

function spellingsOf(mark: string): string {
  const hex = mark.charCodeAt(0).toString(16).padStart(4, '0')
  const plain = `\\x${hex.slice(2)}`
  const eachCase = hex.replaceAll(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`)
  return `(?:\\\\?${plain}|\\\\u${eachCase})`
}

function withoutOwnKey(body: Buffer, key: string): Buffer {
  const marks = Buffer.from(key, 'latin1')
  const kept: Buffer[] = []
  let from = 0
  for (let at = 0; at < body.length;) {
    const mayBegin = body[at] === backslash || body[at] === marks[0]
    const end = mayBegin ? endOfKey(body, at, marks) : null
    if (end !== null) {
      kept.push(body.subarray(from, at), Buffer.from('[key]'))
      from = end
      at = end
      continue
    }
    // The second half of an escaped backslash begins no escape.
    at += body[at] === backslash && body[at + 1] === backslash ? 2 : 1
  }
  return from === 0 ? body : Buffer.concat([...kept, body.subarray(from)])
}

/** Where the key ends that begins at `at`; null where none does. */
function endOfKey(body: Buffer, at: number, key: Buffer): number | null {
  let place = at
  for (const mark of key) {
    const byte = body[place]
    const next = body[place + 1]
    if (byte === backslash && next === letterU) {
      if (Number.parseInt(body.toString('latin1', place + 2, place + 6), 16) !== mark) return null
      place += 6
    } else if (byte === backslash && next === mark) place += 2
    else if (byte === mark) place++
    else return null
  }
  return place
}
