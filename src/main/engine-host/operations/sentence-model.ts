import { createHash } from 'node:crypto'
import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import type * as ort from 'onnxruntime-node'
import { z } from 'zod'
import { SnipError } from '../../../contract/failure.ts'
import { createTokenizer, type Tokenizer } from '../../../core/tokenizer/tokenizer.ts'
import { readRegularFile } from '../../files/read-regular.ts'
import { createSession } from '../sessions/session.ts'

const largestJson = 128 * 1024 * 1024
const modelPlaces = ['onnx/model.onnx', 'model.onnx']

const modulesSchema = z.array(z.object({ path: z.string().max(500), type: z.string().max(200) })).max(10)
const poolingSchema = z.object({
  pooling_mode_cls_token: z.boolean().default(false),
  pooling_mode_mean_tokens: z.boolean().default(false),
  pooling_mode_max_tokens: z.boolean().default(false),
  pooling_mode_mean_sqrt_len_tokens: z.boolean().default(false),
  pooling_mode_weightedmean_tokens: z.boolean().default(false),
  pooling_mode_lasttoken: z.boolean().default(false),
  include_prompt: z.boolean().default(true),
})
const promptsSchema = z.object({
  prompts: z.record(z.string(), z.string().max(2000)).default({}),
  default_prompt_name: z.string().nullable().default(null),
})
const lengthSchema = z.object({ max_seq_length: z.number().int().min(2).max(32_768).nullable().default(null) })

/** A sentence-embedding model in a folder, as its configs describe it. */
export interface SentenceModel {
  /** SHA-256 over all that decides its vectors. */
  readonly id: string
  readonly name: string
  readonly tokenizer: Tokenizer
  readonly pooling: 'mean' | 'cls'
  readonly normalised: boolean
  /** Put before every text. */
  readonly prefix: string
  readonly mostTokens: number
  readonly session: ort.InferenceSession
}

/** The sentence-embedding model in use: another folder, or a changed one, takes its place. */
export class SentenceShelf {
  readonly #arena: boolean
  #open: { readonly key: string; readonly model: Promise<SentenceModel> } | null = null

  constructor(arena: boolean) {
    this.#arena = arena
  }

  async open(folder: string): Promise<SentenceModel> {
    const key = stateOf(folder)
    const before = this.#open
    if (before?.key === key) return before.model
    const model = openSentenceModel(folder, this.#arena)
    this.#open = { key, model }
    model.catch(() => {
      if (this.#open?.model === model) this.#open = null
    })
    void before?.model.then(({ session }) => session.release()).catch(() => {})
    return model
  }
}

/** What the files of a folder are now. */
function stateOf(folder: string): string {
  const root = resolve(folder)
  const facts = [...modelPlaces, 'tokenizer.json', 'modules.json', '1_Pooling/config.json', ...configNames].map(
    (name) => {
      const path = join(root, name)
      if (!existsSync(path)) return null
      const { size, mtimeMs } = statSync(path)
      return [size, mtimeMs]
    },
  )
  return JSON.stringify([root, facts])
}

const configNames = ['config_sentence_transformers.json', 'sentence_bert_config.json']

/** Tokens of a sentence where the configs say nothing: what BERT takes. */
const usualTokens = 512

/**
 * Opens a folder as sentence-transformers writes it: model.onnx (here or in onnx/), tokenizer.json and, where they are, modules.json with
 * its pooling and normalisation, config_sentence_transformers.json with prompts, sentence_bert_config.json. Throws `bad-model` for what
 * it cannot follow, by name.
 */
export async function openSentenceModel(folder: string, arena: boolean): Promise<SentenceModel> {
  const root = resolve(folder)
  const place = modelPlaces.find((name) => existsSync(join(root, name)))
  if (!place || !existsSync(join(root, 'tokenizer.json'))) {
    throw bad(root, `it holds no ${place ? 'tokenizer.json' : modelPlaces.join(' or ')}`)
  }
  const hash = createHash('sha256')
  const read = <S extends z.ZodType>(name: string, schema: S): z.output<S> | null =>
    readConfig(root, name, schema, hash)
  const modules = read('modules.json', modulesSchema)
  const pooling = readPooling(root, modules, read)
  const { prompts, default_prompt_name: promptName } = read('config_sentence_transformers.json', promptsSchema) ?? {
    prompts: {},
    default_prompt_name: null,
  }
  const prefix = promptName === null ? '' : (prompts[promptName] ?? '')
  const mostTokens = read('sentence_bert_config.json', lengthSchema)?.max_seq_length ?? usualTokens
  const tokenizer = createTokenizer(readJson(root, 'tokenizer.json', hash))
  hashFile(join(root, place), hash)
  const session = await createSession(join(root, place), null, {
    provider: 'cpu',
    threads: 0,
    prepacking: true,
    arena,
  })
  return {
    id: hash.digest('hex'),
    name: basename(root),
    tokenizer,
    ...pooling,
    prefix,
    mostTokens,
    session,
  }
}

/** Without modules.json: the mean, normalised, as most models ask. */
function readPooling(
  root: string,
  modules: z.output<typeof modulesSchema> | null,
  read: <S extends z.ZodType>(name: string, schema: S) => z.output<S> | null,
): { pooling: SentenceModel['pooling']; normalised: boolean } {
  if (modules === null) return { pooling: 'mean', normalised: true }
  let pooling: SentenceModel['pooling'] | null = null
  let normalised = false
  for (const { type, path } of modules) {
    const kind = type.split('.').at(-1)
    if (kind === 'Transformer') continue
    if (kind === 'Normalize') normalised = true
    else if (kind === 'Pooling') {
      if (!/^[\w-]+$/.test(path)) throw bad(root, `its pooling lies at ${JSON.stringify(path)}`)
      const modes = read(`${path}/config.json`, poolingSchema)
      if (modes === null) throw bad(root, `${path}/config.json is missing`)
      const asked = Object.entries(modes).filter(([name, on]) => on && name.startsWith('pooling_mode_'))
      const [mode] = asked
      if (asked.length !== 1 || !mode) throw bad(root, 'it does not ask for one kind of pooling')
      if (mode[0] === 'pooling_mode_mean_tokens') pooling = 'mean'
      else if (mode[0] === 'pooling_mode_cls_token') pooling = 'cls'
      else throw bad(root, `it asks for ${mode[0]}; mean and CLS pooling are supported`)
      if (!modes.include_prompt) throw bad(root, 'its pooling leaves the prompt out, which is not supported')
    } else throw bad(root, `its module ${kind} is not supported`)
  }
  if (pooling === null) throw bad(root, 'modules.json names no pooling')
  return { pooling, normalised }
}

function readConfig<S extends z.ZodType>(
  root: string,
  name: string,
  schema: S,
  hash: ReturnType<typeof createHash>,
): z.output<S> | null {
  if (!existsSync(join(root, name))) return null
  const parsed = schema.safeParse(readJson(root, name, hash))
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw bad(root, `${name}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`)
}

function readJson(root: string, name: string, hash: ReturnType<typeof createHash>): unknown {
  const path = join(root, name)
  if (statSync(path).size > largestJson) throw bad(root, `${name} is too large`)
  const bytes = readRegularFile(path)
  hash.update(name).update('\0').update(String(bytes.length)).update('\0').update(bytes)
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    throw bad(root, `${name} is not JSON`)
  }
}

function hashFile(path: string, hash: ReturnType<typeof createHash>): void {
  for (const part of [path, `${path}_data`, `${path}.data`]) {
    if (!existsSync(part)) continue
    const { size } = statSync(part)
    hash.update(basename(part)).update('\0').update(String(size)).update('\0')
    const piece = Buffer.alloc(4 * 1024 * 1024)
    const descriptor = openSync(part, 'r')
    try {
      for (let read = readSync(descriptor, piece); read > 0; read = readSync(descriptor, piece)) {
        hash.update(piece.subarray(0, read))
      }
    } finally {
      closeSync(descriptor)
    }
  }
}

function bad(root: string, why: string): SnipError {
  return new SnipError('bad-model', `${basename(root)} is no sentence-embedding model that can be used: ${why}`, {
    remedy: 'Give a folder with an ONNX export of sentence-transformers.',
  })
}
