import { Tokenizer as LibraryTokenizer, type Tokenizer as LibraryTokenizerType } from '@huggingface/tokenizers'
import { byteOfFallbackPiece, fallbackPieceOfByte, utf8LengthAt } from './bytes.ts'
import { isHighSurrogate } from './aligned-text.ts'
import { badTokenizer, type TokenizerSpec } from './tokenizer-json.ts'

/** A token of one pre-token: its id and the UTF-16 units of the pre-token it stands for. */
export interface ModelToken {
  readonly id: number
  readonly start: number
  readonly end: number
}

/** Words come back: the ids of short pre-tokens are remembered. */
const MAX_REMEMBERED = 50_000
const MAX_REMEMBERED_UNITS = 64

export interface TokenModel {
  /** Tokens of one pre-token, with the range of each. */
  tokens(content: string): ModelToken[]
  /** The same, ids only. */
  ids(content: string): readonly number[]
  /** The library's decoder; null when there is none. */
  readonly decoder: { decode(pieces: string[]): string } | null
}

/** Builds the model and decoder of a checked specification. Throws `bad-tokenizer` on what the library refuses. */
export function createTokenModel(spec: TokenizerSpec): TokenModel {
  const library = createLibraryTokenizer(spec)
  const model = library.model
  if (model === null) throw badTokenizer('the model cannot be built')
  const { type, fields, pieceToId, unknownPiece } = spec.model
  const unknownId = unknownPiece === null ? undefined : pieceToId.get(unknownPiece)
  const byteFallback = fields['byte_fallback'] === true
  const fusesUnknown = type === 'Unigram' || fields['fuse_unk'] === true
  const utf8 = new TextEncoder()

  const piecesOf = (content: string): string[] => {
    if (type === 'WordLevel') return [pieceToId.has(content) ? content : (unknownPiece ?? '')]
    const pieces = model.encode([content])
    if (type !== 'Unigram' || !byteFallback) return pieces
    return pieces.flatMap((piece) => {
      if (pieceToId.has(piece)) return [piece]
      const bytes = Array.from(utf8.encode(piece), fallbackPieceOfByte)
      return bytes.every((byte) => pieceToId.has(byte)) ? bytes : [piece]
    })
  }
  const rangesOf = createRangeFinder(spec)
  const known = new Map<string, readonly number[]>()

  return {
    decoder: library.decoder,
    ids(content) {
      const remembered = known.get(content)
      if (remembered !== undefined) return remembered
      const result: number[] = []
      let previousUnknown = false
      for (const piece of piecesOf(content)) {
        const id = pieceToId.get(piece) ?? unknownId
        const isUnknown = id === unknownId
        if (id === undefined || (fusesUnknown && isUnknown && previousUnknown)) continue
        previousUnknown = isUnknown
        result.push(id)
      }
      if (content.length > MAX_REMEMBERED_UNITS) return result
      if (known.size >= MAX_REMEMBERED) known.clear()
      known.set(content, result)
      return result
    },
    tokens(content) {
      const pieces = piecesOf(content)
      const ends = rangesOf(content, pieces)
      const result: { id: number; start: number; end: number }[] = []
      pieces.forEach((piece, index) => {
        const id = pieceToId.get(piece) ?? unknownId
        const range = ends[index]
        if (id === undefined || range === undefined) return
        const last = result.at(-1)
        if (fusesUnknown && id === unknownId && last?.id === unknownId) last.end = range[1]
        else result.push({ id, start: range[0], end: range[1] })
      })
      return result
    },
  }
}

/** Added tokens, normalizing and pre-tokenizing are ours (they keep spans), so the library is given none of them. */
function createLibraryTokenizer(spec: TokenizerSpec): LibraryTokenizerType {
  try {
    return new LibraryTokenizer(
      {
        added_tokens: [],
        normalizer: null,
        pre_tokenizer: null,
        post_processor: null,
        decoder: spec.decoder,
        model: spec.model.fields,
      },
      {},
    )
  } catch (error) {
    throw badTokenizer(`the model or the decoder cannot be built (${String(error).slice(0, 120)})`, error)
  }
}

type RangeFinder = (content: string, pieces: readonly string[]) => [number, number][]

/** Finds which units of a pre-token each of its pieces stands for, going from left to right. */
function createRangeFinder(spec: TokenizerSpec): RangeFinder {
  const { type, fields, pieceToId, unknownPiece } = spec.model
  if (type === 'WordLevel') return (content) => [[0, content.length]]
  if (type === 'WordPiece') {
    const prefixLength = String(fields['continuing_subword_prefix']).length
    return (content, pieces) => {
      if (pieces.length === 1) return [[0, content.length]]
      let cursor = 0
      return pieces.map((piece) => {
        const start = cursor
        cursor += piece.length - (start > 0 ? prefixLength : 0)
        return [start, cursor]
      })
    }
  }
  const byteFallback = fields['byte_fallback'] === true
  const suffix = typeof fields['end_of_word_suffix'] === 'string' ? fields['end_of_word_suffix'] : ''
  const characterLength = (content: string, index: number): number =>
    isHighSurrogate(content.charCodeAt(index)) ? 2 : 1
  const utf8 = new TextEncoder()
  const isKnown = (content: string, index: number): boolean => {
    const end = index + characterLength(content, index)
    const character = content.slice(index, end)
    if (pieceToId.has(end === content.length ? character + suffix : character)) return true
    return (
      byteFallback && Array.from(utf8.encode(character), fallbackPieceOfByte).every((piece) => pieceToId.has(piece))
    )
  }

  return (content, pieces) => {
    let cursor = 0
    let bytesDone = 0
    return pieces.map((piece) => {
      // A model without an unknown token leaves unknown characters out.
      if (unknownPiece === null && bytesDone === 0) {
        while (cursor < content.length && !isKnown(content, cursor)) cursor += characterLength(content, cursor)
      }
      const start = Math.min(cursor, content.length)
      const closes = suffix !== '' && piece.endsWith(suffix) && start + piece.length - suffix.length === content.length
      const surface = closes ? piece.slice(0, piece.length - suffix.length) : piece
      const isUnknown = piece === unknownPiece && type === 'BPE' && !isKnown(content, start)
      if (!isUnknown && bytesDone === 0 && content.startsWith(surface, start)) {
        cursor = start + surface.length
        return [start, cursor]
      }
      const end = Math.min(start + characterLength(content, start), content.length)
      if (!isUnknown && byteFallback && byteOfFallbackPiece(piece) !== null) {
        bytesDone += 1
        if (bytesDone < utf8LengthAt(content, start)) return [start, end]
        bytesDone = 0
      }
      cursor = end
      return [start, end]
    })
  }
}
