import { byteOfFallbackPiece, bytesOfByteLevelPiece, createByteAlphabet, readableBytes } from './bytes.ts'
import type { TokenModel } from './model.ts'
import { field, isObject, type ComponentSpec, type TokenizerSpec } from './tokenizer-json.ts'

/** Turns pieces back into text. */
export interface PieceDecoder {
  /** The bytes a piece stands for, without regard to its place in a text. */
  bytes(piece: string): Uint8Array
  /** The readable surface of a piece, with its leading space; bytes that are no whole character are written `<0xNN>`. */
  surface(piece: string): string
  decode(pieces: string[]): string
  /** Text piece by piece; `end` gives what is left of an unfinished character. */
  stream(): { push(piece: string): string; end(): string }
}

/**
 * Decoding in bytes for byte-level and byte-fallback decoders, through the library for others. Bytes that are not UTF-8
 * become U+FFFD, one for each maximal part, as the WHATWG decoder does.
 */
export function createPieceDecoder(spec: TokenizerSpec, model: TokenModel): PieceDecoder {
  const utf8 = new TextEncoder()
  const only = spec.decoders.length === 1 ? spec.decoders[0] : undefined
  if (only?.type === 'ByteLevel') {
    const alphabet = createByteAlphabet()
    return byteDecoder((piece) => bytesOfByteLevelPiece(piece, alphabet, utf8), false)
  }
  const fallback = byteFallbackStages(spec.decoders)
  if (fallback !== null) {
    return byteDecoder((piece) => {
      const byte = byteOfFallbackPiece(piece)
      return byte === null ? utf8.encode(piece.replaceAll('\u2581', ' ')) : Uint8Array.of(byte)
    }, fallback.stripsFirstSpace)
  }
  const surface = (piece: string): string => surfaceOf(piece, spec)
  const decode = (pieces: string[]): string => model.decoder?.decode(pieces) ?? pieces.join(' ')
  return { bytes: (piece) => utf8.encode(surface(piece)), surface, decode, stream: () => textStream(decode) }
}

function byteDecoder(bytes: (piece: string) => Uint8Array, stripsFirstSpace: boolean): PieceDecoder {
  const stream = (): { push(piece: string): string; end(): string } => {
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
    let atStart = stripsFirstSpace
    const strip = (text: string): string => {
      if (!atStart || text === '') return text
      atStart = false
      return text.startsWith(' ') ? text.slice(1) : text
    }
    return {
      push: (piece) => strip(decoder.decode(bytes(piece), { stream: true })),
      end: () => strip(decoder.decode()),
    }
  }
  return {
    bytes,
    surface: (piece) => readableBytes(bytes(piece)),
    decode(pieces) {
      const decoder = stream()
      return pieces.map((piece) => decoder.push(piece)).join('') + decoder.end()
    },
    stream,
  }
}

/** The LLaMA decoder: Replace ▁ by a space, ByteFallback, Fuse, and maybe Strip of one leading space. */
function byteFallbackStages(stages: readonly ComponentSpec[]): { stripsFirstSpace: boolean } | null {
  const [replace, bytes, fuse, strip] = stages
  if (replace?.type !== 'Replace' || bytes?.type !== 'ByteFallback' || fuse?.type !== 'Fuse') return null
  const pattern = field(replace.fields, 'pattern')
  if (!isObject(pattern) || field(pattern, 'String') !== '\u2581' || field(replace.fields, 'content') !== ' ')
    return null
  if (strip === undefined) return { stripsFirstSpace: false }
  const { fields } = strip
  const stripsOne = field(fields, 'content') === ' ' && field(fields, 'start') === 1 && field(fields, 'stop') === 0
  return stages.length === 4 && strip.type === 'Strip' && stripsOne ? { stripsFirstSpace: true } : null
}

function surfaceOf(piece: string, { model }: TokenizerSpec): string {
  const prefix = model.type === 'WordPiece' ? String(model.fields['continuing_subword_prefix']) : ''
  const bare =
    prefix !== '' && piece.length > prefix.length && piece.startsWith(prefix) ? piece.slice(prefix.length) : piece
  return bare.replaceAll('\u2581', ' ')
}

/** How many pieces of context a piece is decoded with: enough for rules on neighbours, constant work for each piece. */
const CONTEXT_PIECES = 4

function textStream(decode: (pieces: string[]) => string): { push(piece: string): string; end(): string } {
  const recent: string[] = []
  let shown = ''
  return {
    push(piece) {
      recent.push(piece)
      const text = decode([...recent])
      const ready = text.startsWith(shown) ? text.slice(shown.length) : decode([piece])
      if (recent.length > CONTEXT_PIECES) recent.shift()
      shown = decode([...recent])
      return ready
    },
    end: () => '',
  }
}
