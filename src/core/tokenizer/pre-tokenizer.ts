import { prependAligned, replaceAligned, sliceAligned, type AlignedText } from './aligned-text.ts'
import { createByteAlphabet, type ByteAlphabet } from './bytes.ts'
import { compilePattern, literalPattern } from './pattern.ts'
import {
  badTokenizer,
  booleanField,
  field,
  stringField,
  type ComponentSpec,
  type JsonObject,
} from './tokenizer-json.ts'

/** Cuts a text into the pieces the model sees, one by one. */
export type PreTokenizer = (source: AlignedText) => AlignedText[]

const BEHAVIORS = ['Removed', 'Isolated', 'MergedWithPrevious', 'MergedWithNext', 'Contiguous'] as const
type Behavior = (typeof BEHAVIORS)[number]

/** GPT-2's pattern. Spelt with White_Space, because `\s` of JavaScript adds U+FEFF and leaves out U+0085. */
export const GPT2_PATTERN =
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu

const PUNCTUATION = /[\p{P}!-/:-@[-`{-~]/gu

/** The pre-tokenizer of a tokenizer.json, stage by stage. */
export function createPreTokenizer(components: readonly ComponentSpec[]): PreTokenizer {
  const steps = components.map((component) => createStep(component))
  return (source) => {
    let pieces = [source]
    for (const step of steps) pieces = pieces.flatMap(step)
    return pieces.filter((piece) => piece.text !== '')
  }
}

function createStep({ type, fields }: ComponentSpec): PreTokenizer {
  const where = 'pre_tokenizer'
  switch (type) {
    case 'ByteLevel':
      return byteLevel(
        booleanField(fields, 'add_prefix_space', where) ?? true,
        booleanField(fields, 'use_regex', where) ?? true,
      )
    case 'Split':
      return splitter(
        compilePattern(fields, where),
        behaviorOf(fields, undefined),
        booleanField(fields, 'invert', where) ?? false,
      )
    case 'Digits':
      return splitter(/\p{N}/gu, booleanField(fields, 'individual_digits', where) ? 'Isolated' : 'Contiguous')
    case 'Punctuation':
      return splitter(PUNCTUATION, behaviorOf(fields, 'Isolated'))
    case 'WhitespaceSplit':
      return splitter(/\p{White_Space}/gu, 'Removed')
    case 'Whitespace':
      return splitter(
        /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]+|[^\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}\p{White_Space}]+/gu,
        'Removed',
        true,
      )
    case 'CharDelimiterSplit':
      return splitter(literalPattern(stringField(fields, 'delimiter', where) ?? ' '), 'Removed')
    case 'BertPreTokenizer': {
      const words = splitter(/\p{White_Space}/gu, 'Removed')
      const marks = splitter(PUNCTUATION, 'Isolated')
      return (source) => words(source).flatMap(marks)
    }
    case 'Metaspace':
      return metaspace(fields)
    default:
      throw badTokenizer(`the pre-tokenizer "${type.slice(0, 40)}" is not supported`)
  }
}

function behaviorOf(fields: JsonObject, fallback: Behavior | undefined): Behavior {
  const value = field(fields, 'behavior') ?? fallback
  const behavior = BEHAVIORS.find((name) => name === value)
  if (behavior === undefined) throw badTokenizer('pre_tokenizer.behavior is not one of ' + BEHAVIORS.join(', '))
  return behavior
}

interface Part {
  start: number
  end: number
  readonly delimiter: boolean
}

/** Splits at the matches; `invert` takes what lies between the matches for the delimiters. */
function splitter(pattern: RegExp, behavior: Behavior, invert = false): PreTokenizer {
  return (source) => {
    const parts: Part[] = []
    let cursor = 0
    for (const match of source.text.matchAll(pattern)) {
      if (match[0] === '') continue
      if (match.index > cursor) parts.push({ start: cursor, end: match.index, delimiter: invert })
      cursor = match.index + match[0].length
      parts.push({ start: match.index, end: cursor, delimiter: !invert })
    }
    if (cursor < source.text.length) parts.push({ start: cursor, end: source.text.length, delimiter: invert })
    return joinParts(parts, behavior).map((part) => sliceAligned(source, part.start, part.end))
  }
}

function joinParts(parts: Part[], behavior: Behavior): Part[] {
  switch (behavior) {
    case 'Isolated':
      return parts
    case 'Removed':
      return parts.filter((part) => !part.delimiter)
    case 'Contiguous':
      return fold(parts, (part, previous) => part.delimiter === previous?.delimiter)
    case 'MergedWithPrevious':
      return fold(parts, (part, previous) => part.delimiter && previous !== undefined && !previous.delimiter)
    case 'MergedWithNext':
      return fold(
        parts.toReversed(),
        (part, next) => part.delimiter && next !== undefined && !next.delimiter,
      ).toReversed()
  }
}

/** Joins each part to the last result when `joins` says so of it and its neighbour in the list. */
function fold(parts: readonly Part[], joins: (part: Part, neighbour: Part | undefined) => boolean): Part[] {
  const result: Part[] = []
  parts.forEach((part, index) => {
    const last = result.at(-1)
    if (last !== undefined && joins(part, parts[index - 1])) {
      last.start = Math.min(last.start, part.start)
      last.end = Math.max(last.end, part.end)
    } else result.push({ ...part })
  })
  return result
}

function byteLevel(addPrefixSpace: boolean, useRegex: boolean): PreTokenizer {
  const alphabet = createByteAlphabet()
  const split = splitter(GPT2_PATTERN, 'Isolated')
  return (source) => {
    const text = addPrefixSpace && !source.text.startsWith(' ') ? prependAligned(source, ' ') : source
    return (useRegex ? split(text) : [text]).map((piece) => toByteCharacters(piece, alphabet))
  }
}

function toByteCharacters(piece: AlignedText, alphabet: ByteAlphabet): AlignedText {
  return replaceAligned(piece, /[^\x21-\x7e]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0
    const at = (byte: number): string => alphabet.characterOfByte[byte] ?? ''
    if (code < 0x80) return at(code)
    const tail = at(0x80 | (code & 0x3f))
    if (code < 0x800) return at(0xc0 | (code >> 6)) + tail
    const middle = at(0x80 | ((code >> 6) & 0x3f)) + tail
    if (code < 0x10000) return at(0xe0 | (code >> 12)) + middle
    return at(0xf0 | (code >> 18)) + at(0x80 | ((code >> 12) & 0x3f)) + middle
  })
}

function metaspace(fields: JsonObject): PreTokenizer {
  const where = 'pre_tokenizer'
  const replacement = stringField(fields, 'replacement', where) ?? '\u2581'
  const legacyScheme = booleanField(fields, 'add_prefix_space', where) === false ? 'never' : 'always'
  const scheme = stringField(fields, 'prepend_scheme', where) ?? legacyScheme
  const split = splitter(literalPattern(replacement), 'MergedWithNext')
  const splits = booleanField(fields, 'split', where) ?? true
  return (source) => {
    let text = replaceAligned(source, / /gu, () => replacement)
    const prepends = scheme === 'always' || (scheme === 'first' && source.atStart)
    if (prepends && !text.text.startsWith(replacement)) text = prependAligned(text, replacement)
    return splits ? split(text) : [text]
  }
}
