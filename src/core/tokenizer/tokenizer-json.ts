import { SnipError } from '../../contract/failure.ts'

export type JsonObject = Readonly<Record<string, unknown>>

/** One stage of a tokenizer.json (a normalizer, a pre-tokenizer, ...): its type and its own fields. */
export interface ComponentSpec {
  readonly type: string
  readonly fields: JsonObject
}

export interface AddedTokenSpec {
  readonly id: number
  readonly content: string
  readonly singleWord: boolean
  readonly lstrip: boolean
  readonly rstrip: boolean
  readonly normalized: boolean
  readonly special: boolean
}

export type ModelType = 'BPE' | 'WordPiece' | 'WordLevel' | 'Unigram'

export interface ModelSpec {
  readonly type: ModelType
  /** The model's own JSON, with `type` filled in. */
  readonly fields: JsonObject
  readonly pieceToId: ReadonlyMap<string, number>
  /** What each merge of a BPE makes; empty for other models. */
  readonly mergedPieces: readonly string[]
  readonly unknownPiece: string | null
}

/** A checked tokenizer.json; sequences are flattened. */
export interface TokenizerSpec {
  readonly model: ModelSpec
  readonly addedTokens: readonly AddedTokenSpec[]
  readonly normalizers: readonly ComponentSpec[]
  readonly preTokenizers: readonly ComponentSpec[]
  readonly postProcessors: readonly ComponentSpec[]
  /** The decoder as published (null: pieces are joined by spaces), and its stages. */
  readonly decoder: JsonObject | null
  readonly decoders: readonly ComponentSpec[]
}

/** Ids above this are refused: ten times the largest published vocabulary, small enough for a table in memory. */
const MAX_ID = 2 ** 22 - 1
const MAX_MERGES = 2 ** 23
const MAX_STAGES = 64
const MAX_DEPTH = 8

const MODEL_TYPES: ReadonlySet<string> = new Set(['BPE', 'WordPiece', 'WordLevel', 'Unigram'])

/** The error for anything wrong in a tokenizer file. */
export function badTokenizer(what: string, cause?: unknown): SnipError {
  return new SnipError('bad-tokenizer', `tokenizer.json: ${what}`, {
    remedy: 'Use the tokenizer.json that was published with this model.',
    ...(cause === undefined ? {} : { cause }),
    ...(cause instanceof Error ? { detail: cause.message } : {}),
  })
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** An own field of an untrusted object: inherited ones, as `constructor` and `__proto__`, do not count. */
export function field(object: JsonObject, name: string): unknown {
  return Object.hasOwn(object, name) ? (object[name] ?? undefined) : undefined
}

export function stringField(object: JsonObject, name: string, where: string): string | undefined {
  const value = field(object, name)
  if (value !== undefined && typeof value !== 'string') throw badTokenizer(`${where}.${name} is not a string`)
  return value
}

export function booleanField(object: JsonObject, name: string, where: string): boolean | undefined {
  const value = field(object, name)
  if (value !== undefined && typeof value !== 'boolean') throw badTokenizer(`${where}.${name} is not true or false`)
  return value
}

export function idOf(value: unknown, where: string): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > MAX_ID) {
    throw badTokenizer(`${where} is not a token id (a whole number from 0 to ${MAX_ID})`)
  }
  return value
}

/** Checks every part of an untrusted tokenizer.json that is used later. Throws `bad-tokenizer`. */
export function parseTokenizerJson(json: unknown): TokenizerSpec {
  if (!isObject(json)) throw badTokenizer('the file is not a JSON object')
  const model = field(json, 'model')
  if (!isObject(model)) throw badTokenizer('there is no "model"')
  const decoder = field(json, 'decoder')
  const decoders = stages(decoder, 'decoder', 'decoders')
  return {
    model: parseModel(model),
    addedTokens: parseAddedTokens(field(json, 'added_tokens')),
    normalizers: stages(field(json, 'normalizer'), 'normalizer', 'normalizers'),
    preTokenizers: stages(field(json, 'pre_tokenizer'), 'pre_tokenizer', 'pretokenizers'),
    postProcessors: stages(field(json, 'post_processor'), 'post_processor', 'processors'),
    decoder: isObject(decoder) ? decoder : null,
    decoders,
  }
}

function stages(value: unknown, where: string, childrenKey: string): ComponentSpec[] {
  const result: ComponentSpec[] = []
  const visit = (component: unknown, depth: number): void => {
    if (component === undefined || component === null) return
    if (!isObject(component)) throw badTokenizer(`"${where}" is not an object`)
    const type = stringField(component, 'type', where)
    if (type === undefined) throw badTokenizer(`"${where}" has no type`)
    if (type !== 'Sequence') result.push({ type, fields: component })
    else {
      const children = field(component, childrenKey)
      if (!Array.isArray(children)) throw badTokenizer(`the sequence in "${where}" has no list "${childrenKey}"`)
      if (depth >= MAX_DEPTH) throw badTokenizer(`"${where}" is nested deeper than ${MAX_DEPTH} levels`)
      for (const child of children) visit(child, depth + 1)
    }
    if (result.length > MAX_STAGES) throw badTokenizer(`"${where}" has more than ${MAX_STAGES} stages`)
  }
  visit(value, 0)
  return result
}

function parseAddedTokens(value: unknown): AddedTokenSpec[] {
  if (value === undefined) return []
  if (!Array.isArray(value)) throw badTokenizer('"added_tokens" is not a list')
  return value.map((token: unknown, index) => {
    const where = `added_tokens[${index}]`
    if (!isObject(token)) throw badTokenizer(`${where} is not an object`)
    const content = stringField(token, 'content', where)
    if (content === undefined || content === '') throw badTokenizer(`${where} has no content`)
    const special = booleanField(token, 'special', where) ?? false
    return {
      id: idOf(field(token, 'id'), `${where}.id`),
      content,
      singleWord: booleanField(token, 'single_word', where) ?? false,
      lstrip: booleanField(token, 'lstrip', where) ?? false,
      rstrip: booleanField(token, 'rstrip', where) ?? false,
      normalized: booleanField(token, 'normalized', where) ?? !special,
      special,
    }
  })
}

function parseModel(model: JsonObject): ModelSpec {
  const type = stringField(model, 'type', 'model') ?? inferModelType(model)
  if (!MODEL_TYPES.has(type)) throw badTokenizer(`unknown model type "${type.slice(0, 40)}"`)
  const fields: Record<string, unknown> = { ...model, type }
  if (type === 'Unigram') return parseUnigram(fields)

  const vocabulary = field(model, 'vocab')
  if (!isObject(vocabulary)) throw badTokenizer('model.vocab is not an object')
  const pieceToId = new Map<string, number>()
  for (const [piece, id] of Object.entries(vocabulary)) {
    pieceToId.set(piece, idOf(id, `model.vocab[${JSON.stringify(piece.slice(0, 40))}]`))
  }
  if (pieceToId.size === 0) throw badTokenizer('model.vocab is empty')
  const unknownPiece = stringField(model, 'unk_token', 'model') ?? null
  if (unknownPiece !== null && !pieceToId.has(unknownPiece)) {
    throw badTokenizer(`model.unk_token "${unknownPiece.slice(0, 40)}" is not in the vocabulary`)
  }
  if (unknownPiece === null && type !== 'BPE') throw badTokenizer(`model.unk_token is missing, and ${type} needs it`)
  let mergedPieces: string[] = []
  if (type === 'BPE') {
    booleanField(model, 'byte_fallback', 'model')
    booleanField(model, 'ignore_merges', 'model')
    booleanField(model, 'fuse_unk', 'model')
    stringField(model, 'end_of_word_suffix', 'model')
    if ((stringField(model, 'continuing_subword_prefix', 'model') ?? '') !== '') {
      throw badTokenizer('a BPE with model.continuing_subword_prefix is not supported')
    }
    const merges = parseMerges(field(model, 'merges'), pieceToId)
    fields['merges'] = merges
    mergedPieces = merges.map(([left, right]) => left + right)
  }
  if (type === 'WordPiece') {
    fields['continuing_subword_prefix'] = stringField(model, 'continuing_subword_prefix', 'model') ?? '##'
    const longest = field(model, 'max_input_chars_per_word')
    if (longest !== undefined && typeof longest !== 'number') {
      throw badTokenizer('model.max_input_chars_per_word is not a number')
    }
  }
  return { type: type as ModelType, fields, pieceToId, mergedPieces, unknownPiece }
}

/** Early tokenizer.json files leave the type out. */
function inferModelType(model: JsonObject): string {
  if (Array.isArray(field(model, 'vocab'))) return 'Unigram'
  if (field(model, 'merges') !== undefined) return 'BPE'
  if (field(model, 'continuing_subword_prefix') !== undefined) return 'WordPiece'
  throw badTokenizer('model has no type')
}

function parseMerges(value: unknown, pieceToId: ReadonlyMap<string, number>): [string, string][] {
  if (!Array.isArray(value)) throw badTokenizer('model.merges is not a list')
  if (value.length > MAX_MERGES) throw badTokenizer(`model.merges has more than ${MAX_MERGES} entries`)
  return value.map((merge: unknown, index) => {
    const parts: unknown[] = typeof merge === 'string' ? merge.split(' ') : Array.isArray(merge) ? merge : []
    const [left, right] = parts
    if (parts.length !== 2 || typeof left !== 'string' || typeof right !== 'string') {
      throw badTokenizer(`model.merges[${index}] is not a pair of pieces`)
    }
    if (!pieceToId.has(left) || !pieceToId.has(right) || !pieceToId.has(left + right)) {
      throw badTokenizer(`model.merges[${index}] joins pieces that are not in the vocabulary`)
    }
    return [left, right]
  })
}

function parseUnigram(fields: JsonObject): ModelSpec {
  const vocabulary = field(fields, 'vocab')
  if (!Array.isArray(vocabulary) || vocabulary.length === 0) throw badTokenizer('model.vocab is not a list of pieces')
  if (vocabulary.length > MAX_ID) throw badTokenizer(`model.vocab has more than ${MAX_ID} pieces`)
  const pieceToId = new Map<string, number>()
  for (let id = 0; id < vocabulary.length; id++) {
    const entry: unknown = vocabulary[id]
    if (!Array.isArray(entry) || typeof entry[0] !== 'string' || typeof entry[1] !== 'number') {
      throw badTokenizer(`model.vocab[${id}] is not a piece with its score`)
    }
    pieceToId.set(entry[0], id)
  }
  const unknownId = idOf(field(fields, 'unk_id'), 'model.unk_id')
  const unknown = vocabulary[unknownId] as [string, number] | undefined
  if (unknown === undefined) throw badTokenizer('model.unk_id is not in the vocabulary')
  return { type: 'Unigram', fields, pieceToId, mergedPieces: [], unknownPiece: unknown[0] }
}
