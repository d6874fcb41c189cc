import { SnipError } from '../../contract/failure.ts'
import { createAddedTokenSplitter, type AddedTokenCheck, type AddedTokenSplitter } from './added-tokens.ts'
import { alignedFrom, sliceAligned, spanOf } from './aligned-text.ts'
import { createTokenModel, type TokenModel } from './model.ts'
import { createNormalizer, type TextStep } from './normalizer.ts'
import { createPieceDecoder, type PieceDecoder } from './piece-decoder.ts'
import { createPreTokenizer, type PreTokenizer } from './pre-tokenizer.ts'
import { createTextCutter, type TextCutter } from './safe-cuts.ts'
import { createTemplate, type SpecialTemplate } from './template.ts'
import { badTokenizer, field, isObject, parseTokenizerJson, type AddedTokenSpec } from './tokenizer-json.ts'

/** A text with its tokens: id, piece as the vocabulary writes it, and [start, end) in UTF-16 units of the text. */
export interface SpannedTokens {
  readonly ids: number[]
  readonly pieces: string[]
  readonly spans: [number, number][]
}

export interface SpecialIds {
  readonly bos?: number
  readonly eos?: number
  /** Stands for a token that a masked language model is asked for. */
  readonly mask?: number
}

export interface DecoderStream {
  /** The text that is ready after this token; never half a character. */
  push(id: number): string
  /** What is left: U+FFFD for an unfinished character, else nothing. */
  end(): string
}

export interface EncodeOptions {
  /** Adds what the tokenizer's template adds. Default: false. */
  readonly specialTokens?: boolean
  /**
   * Places [start, end) of the text, in order, whose characters are text whatever they spell: an added token is found in none of them, not
   * even in part, unless it is white space. Default: none.
   */
  readonly literal?: readonly (readonly [number, number])[]
}

export interface DecodeOptions {
  /** Leaves special tokens out. Default: false. */
  readonly skipSpecialTokens?: boolean
}

/**
 * Builds a tokenizer from the parsed tokenizer.json and, where there is one, tokenizer_config.json.
 * Both are untrusted: whatever is wrong in them ends in a `bad-tokenizer` error.
 */
export function createTokenizer(tokenizerJson: unknown, tokenizerConfig?: unknown): Tokenizer {
  try {
    return new Tokenizer(tokenizerJson, tokenizerConfig)
  } catch (error) {
    throw error instanceof SnipError ? error : badTokenizer('the tokenizer cannot be built', error)
  }
}

/** Text to token ids and back, with spans. Lone surrogates of a text count as U+FFFD. */
export class Tokenizer {
  /** The largest id + 1, added tokens included. */
  readonly vocabularySize: number
  readonly specialIds: SpecialIds
  readonly #pieces: (string | undefined)[] = []
  readonly #specials = new Set<number>()
  readonly #normalize: TextStep
  readonly #preTokenize: PreTokenizer
  readonly #model: TokenModel
  readonly #decoder: PieceDecoder
  readonly #template: SpecialTemplate
  readonly #splitRaw: AddedTokenSplitter
  readonly #splitNormalized: AddedTokenSplitter
  readonly #cut: TextCutter | null

  constructor(tokenizerJson: unknown, tokenizerConfig?: unknown) {
    const spec = parseTokenizerJson(tokenizerJson)
    this.#normalize = createNormalizer(spec.normalizers)
    this.#preTokenize = createPreTokenizer(spec.preTokenizers)
    this.#model = createTokenModel(spec)
    this.#decoder = createPieceDecoder(spec, this.#model)
    this.#cut = createTextCutter(spec)

    const pieceToId = new Map(spec.model.pieceToId)
    const raw: [string, AddedTokenSpec][] = []
    const normalized: [string, AddedTokenSpec][] = []
    for (const token of spec.addedTokens) {
      pieceToId.set(token.content, token.id)
      if (token.special) this.#specials.add(token.id)
      if (!token.normalized) raw.push([token.content, token])
      else normalized.push([this.#normalize(alignedFrom(token.content, 0, false)).text, token])
    }
    for (const [piece, id] of pieceToId) this.#pieces[id] = piece
    this.vocabularySize = this.#pieces.length
    this.#splitRaw = createAddedTokenSplitter(raw)
    this.#splitNormalized = createAddedTokenSplitter(normalized)
    this.#template = createTemplate(spec.postProcessors, (piece) => pieceToId.get(piece))
    this.specialIds = specialIdsOf(tokenizerConfig, pieceToId)
  }

  /** What the template adds before and after a single text. */
  get template(): SpecialTemplate {
    return this.#template
  }

  /** The ids of a text, encoded as one string. */
  encode(text: string, options: EncodeOptions = {}): number[] {
    const ids: number[] = []
    this.#run(text, ids, null, options.literal)
    return options.specialTokens ? [...this.#template.before, ...ids, ...this.#template.after] : ids
  }

  /** The first `limit` ids of a text: `encode(text).slice(0, limit)`, without encoding the rest where it can be cut. */
  encodeStart(text: string, limit: number): Int32Array {
    const ids: number[] = []
    for (const part of this.#cut?.(text) ?? [text]) {
      if (ids.length >= limit) break
      this.#run(part, ids, null)
    }
    return Int32Array.from(ids.slice(0, Math.max(0, limit)))
  }

  /** The ids of a whole document, `encode(text)`, part by part where it can be cut: time grows with the length. */
  encodeDocument(text: string): Int32Array {
    return this.encodeStart(text, Number.POSITIVE_INFINITY)
  }

  /** Ids, pieces and spans. Tokens of the template have the empty span [0, 0] or [length, length]. */
  encodeWithSpans(text: string, options: EncodeOptions = {}): SpannedTokens {
    const ids: number[] = []
    const spans: [number, number][] = []
    this.#run(text, ids, spans, options.literal)
    if (options.specialTokens) {
      ids.unshift(...this.#template.before)
      ids.push(...this.#template.after)
      spans.unshift(...this.#template.before.map((): [number, number] => [0, 0]))
      spans.push(...this.#template.after.map((): [number, number] => [text.length, text.length]))
    }
    return { ids, pieces: ids.map((id) => this.#pieces[id] ?? ''), spans }
  }

  /** The text of ids; ids outside the vocabulary (padding rows of a model's embedding) stand for nothing. */
  decode(ids: ArrayLike<number>, options: DecodeOptions = {}): string {
    const pieces: string[] = []
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i] ?? -1
      const piece = this.#pieces[id]
      if (piece !== undefined && !(options.skipSpecialTokens && this.#specials.has(id))) pieces.push(piece)
    }
    return pieces.length === 0 ? '' : this.#decoder.decode(pieces)
  }

  /** A decoder for tokens that come one by one; all it gives, joined, is `decode` of the ids. */
  createDecoderStream(options: DecodeOptions = {}): DecoderStream {
    const stream = this.#decoder.stream()
    return {
      push: (id) => {
        const piece = this.#pieces[id]
        if (piece === undefined || (options.skipSpecialTokens && this.#specials.has(id))) return ''
        return stream.push(piece)
      },
      end: () => stream.end(),
    }
  }

  /** The readable surface of a token, its leading space as it is; empty for an unknown id. */
  tokenText(id: number): string {
    const piece = this.#pieces[id]
    return piece === undefined ? '' : this.#decoder.surface(piece)
  }

  /** The bytes a token stands for; null for an unknown id. */
  tokenBytes(id: number): Uint8Array | null {
    const piece = this.#pieces[id]
    return piece === undefined ? null : this.#decoder.bytes(piece)
  }

  /** The token as the vocabulary writes it (`Ġthe`, `▁the`, `##ing`, `<0x0A>`); null for an unknown id. */
  tokenPiece(id: number): string | null {
    return this.#pieces[id] ?? null
  }

  isSpecial(id: number): boolean {
    return this.#specials.has(id)
  }

  #run(text: string, ids: number[], spans: [number, number][] | null, literal: EncodeOptions['literal'] = []): void {
    const wellFormed = text.replace(/\p{Surrogate}/gu, '\ufffd')
    const isAllowed = literal.length === 0 ? undefined : outside(literal)
    for (const section of this.#splitRaw(wellFormed, isAllowed)) {
      if (section.token !== null) {
        ids.push(section.token.id)
        spans?.push([section.start, section.end])
        continue
      }
      const plain = wellFormed.slice(section.start, section.end)
      const normalized = this.#normalize(alignedFrom(plain, section.start, spans !== null || isAllowed !== undefined))
      const isAllowedHere: AddedTokenCheck | undefined =
        isAllowed && ((token, start, end) => isAllowed(token, ...spanOf(normalized, start, end)))
      for (const part of this.#splitNormalized(normalized.text, isAllowedHere)) {
        if (part.token !== null) {
          ids.push(part.token.id)
          spans?.push(spanOf(normalized, part.start, part.end))
          continue
        }
        for (const piece of this.#preTokenize(sliceAligned(normalized, part.start, part.end))) {
          if (spans === null) {
            for (const id of this.#model.ids(piece.text)) ids.push(id)
            continue
          }
          for (const token of this.#model.tokens(piece.text)) {
            ids.push(token.id)
            spans.push(spanOf(piece, token.start, token.end))
          }
        }
      }
    }
  }
}

/** Allows added tokens that touch none of the places, and white space anywhere. */
function outside(places: NonNullable<EncodeOptions['literal']>): AddedTokenCheck {
  return ({ content }, start, end) => content.trim() === '' || !places.some(([from, to]) => start < to && from < end)
}

function specialIdsOf(config: unknown, pieceToId: ReadonlyMap<string, number>): SpecialIds {
  if (config === undefined || config === null) return {}
  if (!isObject(config)) throw configError('the file is not a JSON object')
  const idOfToken = (name: string): number | undefined => {
    const value = field(config, name)
    const content = isObject(value) ? field(value, 'content') : value
    if (content === undefined) return undefined
    if (typeof content !== 'string') throw configError(`"${name}" is neither a string nor an object with its content`)
    return pieceToId.get(content)
  }
  const bos = idOfToken('bos_token')
  const eos = idOfToken('eos_token')
  const mask = idOfToken('mask_token')
  return {
    ...(bos === undefined ? {} : { bos }),
    ...(eos === undefined ? {} : { eos }),
    ...(mask === undefined ? {} : { mask }),
  }
}

function configError(what: string): SnipError {
  return new SnipError('bad-tokenizer', `tokenizer_config.json: ${what}`, {
    remedy: 'Use the tokenizer_config.json that was published with this model, or remove it.',
  })
}
