import { SnipError } from '../../contract/failure.ts'

export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be'

/** How a file's bytes become text. */
export interface DetectedEncoding {
  readonly encoding: Encoding
  /** Bytes of the byte order mark to skip. */
  readonly markBytes: number
}

const replacement = '\uFFFD'
/** Below this many bytes a high share of odd bytes says nothing. */
const smallestSample = 512

/**
 * Encoding of a file from its first bytes: a byte order mark, else the NUL pattern of UTF-16, else UTF-8.
 * Throws 'bad-data' with a byte offset when the bytes are not text.
 */
export function detectEncoding(head: Uint8Array, name: string): DetectedEncoding {
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return { encoding: 'utf-8', markBytes: 3 }
  if (head[0] === 0xff && head[1] === 0xfe) {
    if (head.length >= 4 && head[2] === 0 && head[3] === 0) throw notText(name, 'UTF-32', 0)
    return { encoding: 'utf-16le', markBytes: 2 }
  }
  if (head[0] === 0xfe && head[1] === 0xff) return { encoding: 'utf-16be', markBytes: 2 }
  const wide = detectBareUtf16(head)
  if (wide !== null) return { encoding: wide, markBytes: 0 }
  refuseBinary(head, name)
  return { encoding: 'utf-8', markBytes: 0 }
}

/** UTF-16 of mostly Latin text has a NUL in nearly every pair, always on the same side. */
function detectBareUtf16(head: Uint8Array): Encoding | null {
  const units = head.length >> 1
  if (units < 2) return null
  let evenNuls = 0
  let oddNuls = 0
  for (let at = 0; at < units * 2; at += 2) {
    if (head[at] === 0) evenNuls++
    if (head[at + 1] === 0) oddNuls++
  }
  let encoding: Encoding | null = null
  if (evenNuls === 0 && oddNuls * 2 > units) encoding = 'utf-16le'
  if (oddNuls === 0 && evenNuls * 2 > units) encoding = 'utf-16be'
  if (encoding === null) return null
  const text = new TextDecoder(encoding).decode(head.subarray(0, units * 2))
  let odd = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (isControl(code) || code === 0xfffd) odd++
  }
  return odd * 100 <= text.length ? encoding : null
}

/** Tab, line feed, form feed, carriage return, backspace and escape do occur in text files. */
function isControl(code: number): boolean {
  return (code < 32 && !(code >= 8 && code <= 10) && code !== 12 && code !== 13 && code !== 27) || code === 127
}

function refuseBinary(head: Uint8Array, name: string): void {
  let controls = 0
  let firstControl = -1
  for (let at = 0; at < head.length; at++) {
    const byte = head[at] ?? 0
    if (byte === 0) throw notText(name, 'a NUL byte', at)
    if (!isControl(byte)) continue
    controls++
    if (firstControl < 0) firstControl = at
  }
  if (controls >= 4 && controls * 20 > head.length) throw notText(name, 'many control characters', firstControl)
  if (head.length < smallestSample) return
  const text = new TextDecoder('utf-8').decode(head)
  const replaced = countOf(text, replacement)
  if (replaced * 10 > head.length * 3) {
    throw notText(name, 'mostly bytes that are not UTF-8', firstInvalid(head))
  }
}

function notText(name: string, what: string, offset: number): SnipError {
  return new SnipError('bad-data', `${name} is not a text file that can be read: ${what} at byte offset ${offset}`, {
    remedy: 'Give a text file in UTF-8 (or UTF-16 with a byte order mark), or a table as CSV, JSONL, JSON or Parquet.',
  })
}

/** Turns bytes into text, piece by piece; every piece is well-formed. */
export interface Decoder {
  push(bytes: Uint8Array): string
  /** What the last bytes amount to. */
  end(): string
  /** Invalid sequences replaced by U+FFFD so far (a U+FFFD that the file itself holds is not counted). */
  readonly replaced: number
}

/** A decoder for a file whose byte order mark, if any, is already skipped; `offset` is where its bytes start. */
export function createDecoder(encoding: Encoding, name: string, offset: number): Decoder {
  return encoding === 'utf-8' ? createUtf8Decoder(name, offset) : createUtf16Decoder(encoding)
}

function createUtf8Decoder(name: string, start: number): Decoder {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  let offset = start
  let carry: Uint8Array = new Uint8Array(0)
  let replaced = 0

  function decode(bytes: Uint8Array): string {
    const nul = bytes.indexOf(0)
    if (nul >= 0) throw notText(name, 'a NUL byte', offset + nul)
    offset += bytes.length
    const text = decoder.decode(bytes)
    if (text.includes(replacement)) replaced += countOf(text, replacement) - countEncodedReplacements(bytes)
    return text
  }

  return {
    push(bytes) {
      const all = carry.length === 0 ? bytes : concatenate(carry, bytes)
      const cut = all.length - unfinishedBytes(all)
      carry = all.slice(cut)
      return decode(all.subarray(0, cut))
    },
    end() {
      const rest = carry
      carry = new Uint8Array(0)
      return decode(rest)
    },
    get replaced() {
      return replaced
    },
  }
}

function createUtf16Decoder(encoding: 'utf-16le' | 'utf-16be'): Decoder {
  const decoder = new TextDecoder(encoding, { ignoreBOM: true })
  let carry: Uint8Array = new Uint8Array(0)
  let inOutput = 0
  let inInput = 0

  function count(text: string): string {
    inOutput += countOf(text, replacement)
    return text
  }

  return {
    push(bytes) {
      const all = carry.length === 0 ? bytes : concatenate(carry, bytes)
      const cut = all.length - (all.length % 2)
      carry = all.slice(cut)
      const [high, low] = encoding === 'utf-16le' ? [1, 0] : [0, 1]
      for (let at = 0; at < cut; at += 2) if (all[at + high] === 0xff && all[at + low] === 0xfd) inInput++
      return count(decoder.decode(all.subarray(0, cut), { stream: true }))
    },
    end() {
      return count(decoder.decode(carry))
    },
    get replaced() {
      return inOutput - inInput
    },
  }
}

/** Bytes at the end that begin a sequence which the next piece may finish; cutting there keeps pieces independent. */
function unfinishedBytes(bytes: Uint8Array): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back] ?? 0
    if (byte < 0x80) return 0
    if (byte >= 0xc0) {
      const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2
      return needed > back ? back : 0
    }
  }
  return 0
}

function countEncodedReplacements(bytes: Uint8Array): number {
  let count = 0
  for (let at = bytes.indexOf(0xef); at >= 0; at = bytes.indexOf(0xef, at + 1)) {
    if (bytes[at + 1] === 0xbf && bytes[at + 2] === 0xbd) count++
  }
  return count
}

function firstInvalid(bytes: Uint8Array): number {
  const valid = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
  return new TextEncoder().encode(valid.slice(0, valid.indexOf(replacement))).length
}

function countOf(text: string, needle: string): number {
  let count = 0
  for (let at = text.indexOf(needle); at >= 0; at = text.indexOf(needle, at + 1)) count++
  return count
}

function concatenate(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}
