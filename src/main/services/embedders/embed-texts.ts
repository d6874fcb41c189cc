import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { SnipError } from '../../../contract/failure.ts'
import type { Embeddings } from '../../../core/ranking/method.ts'
import { decodeFloat32 } from '../../engine-host/client/bulk.ts'
import type { ModelReference } from '../engine/engine.ts'
import { VectorStore } from '../language-models/answers/vector-store.ts'
import type { Budget, LanguageModels } from '../language-models/index.ts'
import { moneyWords } from '../concepts/llm-progress.ts'
import type { Models } from '../models/models.ts'
import type { Task } from '../task.ts'

/** What turns sentences into vectors. */
export const embedderIds = ['subject-sif', 'openai-compatible', 'sentence-onnx'] as const
export type EmbedderId = (typeof embedderIds)[number]

export interface EmbedderChoice {
  readonly embedder: string
  /** The subject model and a recording of it; for subject-sif. */
  readonly model: ModelReference
  readonly recording: string | null
  /** Provider of language models with an embedding model; for openai-compatible. */
  readonly provider: string | null
  readonly budget?: Budget | null
  /** Folder of a sentence-embedding model; for sentence-onnx. */
  readonly folder: string | null
}

/** Where texts are embedded, and where vectors are kept. */
export interface EmbeddingServices {
  readonly models: Models
  readonly languageModels: LanguageModels | undefined
  /** The program's cache folder. */
  readonly cacheFolder: string | undefined
}

/** Vectors of texts and what tells them from any others. */
export interface EmbeddedTexts extends Embeddings {
  readonly key: string
}

/** Texts of one call to the engine. */
const textsTogether = 256

/**
 * Embeds texts, each distinct one once; row i is that of text i. Vectors of openai-compatible and sentence-onnx are kept on the disk by
 * model and text; those of subject-sif depend on all the texts together. Throws `bad-argument` for what an embedder lacks.
 */
export async function embedTexts(
  services: EmbeddingServices,
  choice: EmbedderChoice,
  texts: readonly string[],
  task: Task,
): Promise<EmbeddedTexts> {
  // Servers refuse empty texts; where there is none, all is zero.
  const distinct = [...new Set(texts)].filter((text) => text.trim() !== '')
  const { id, dims, vectors } = await embedDistinct(services, choice, distinct, task)
  if (distinct.length > 0 && (dims === 0 || vectors.length !== distinct.length * dims)) {
    throw new SnipError('internal', `${vectors.length} numbers came for ${distinct.length} texts of ${dims}`)
  }
  const hash = createHash('sha256').update(id)
  for (const text of texts) hash.update('\0').update(text)
  const key = hash.digest('hex')
  if (distinct.length === texts.length) return { dims, vectors, key }
  const rows = new Map(distinct.map((text, row) => [text, row]))
  const all = new Float32Array(texts.length * dims)
  for (const [at, text] of texts.entries()) {
    const row = rows.get(text)
    if (row !== undefined) all.set(vectors.subarray(row * dims, (row + 1) * dims), at * dims)
  }
  return { dims, vectors: all, key }
}

async function embedDistinct(
  services: EmbeddingServices,
  choice: EmbedderChoice,
  texts: readonly string[],
  task: Task,
): Promise<{ id: string; dims: number; vectors: Float32Array }> {
  switch (choice.embedder as EmbedderId) {
    case 'subject-sif':
      return bySubject(services, choice, texts, task)
    case 'openai-compatible':
      return byProvider(services, choice, texts, task)
    case 'sentence-onnx':
      return byFolder(services, choice, texts, task)
    default:
      throw new SnipError('bad-argument', `There is no embedder '${choice.embedder}'`, {
        remedy: `Use one of: ${embedderIds.join(', ')}.`,
      })
  }
}

async function bySubject({ models }: EmbeddingServices, choice: EmbedderChoice, texts: readonly string[], task: Task) {
  task.report({ stage: 'Embedding concepts', done: 0, total: 1, unit: 'step' })
  const { handle } = await models.open(choice.model, task.signal)
  const { dimensions, vectors } = await models.engine.client.embed(
    { handle, embedder: 'subject-sif', texts: [...texts], recording: choice.recording },
    { signal: task.signal },
  )
  const all = decodeFloat32(vectors)
  // The common part of all sentences is taken out: the same text has another vector in other company.
  const id = createHash('sha256')
    .update(new Uint8Array(all.buffer, all.byteOffset, all.byteLength))
    .digest('hex')
  return { id, dims: dimensions, vectors: all }
}

async function byProvider(
  { languageModels }: EmbeddingServices,
  { provider, budget = null }: EmbedderChoice,
  texts: readonly string[],
  task: Task,
) {
  if (provider === null || languageModels === undefined) {
    throw new SnipError('bad-argument', 'The embedder openai-compatible needs a provider', {
      remedy: 'Choose a provider with an embedding model.',
    })
  }
  const model = await languageModels.openEmbeddings(provider, {
    purpose: 'embedding concepts',
    budget,
    journalFolder: null,
  })
  try {
    let dims = 0
    let vectors = new Float32Array(0)
    const { concurrency } = model.provider
    const step = textsTogether * concurrency
    for (let first = 0; first < texts.length; first += step) {
      const rows = await model.embed(texts.slice(first, first + step), task.signal)
      if (dims === 0) {
        dims = rows[0]?.length ?? 0
        vectors = new Float32Array(texts.length * dims)
      }
      for (const [k, row] of rows.entries()) vectors.set(row, (first + k) * dims)
      task.report({
        stage: 'Embedding concepts',
        done: Math.min(texts.length, first + step),
        total: texts.length,
        unit: 'texts',
        note: moneyWords(model.spending()),
      })
    }
    return { id: `openai-compatible ${model.id}`, dims, vectors }
  } finally {
    model.close()
  }
}

async function byFolder(
  { models, cacheFolder }: EmbeddingServices,
  { folder }: EmbedderChoice,
  texts: readonly string[],
  task: Task,
) {
  if (folder === null || cacheFolder === undefined) {
    throw new SnipError('bad-argument', 'The embedder sentence-onnx needs a folder with a sentence model', {
      remedy: 'Name the folder of an ONNX export of sentence-transformers.',
    })
  }
  const { client } = models.engine
  const { id } = await client.sentenceModel({ folder }, { signal: task.signal })
  const store = new VectorStore(join(cacheFolder, 'vectors'), 'sentence-onnx', id)
  try {
    const hashes = texts.map((text) => createHash('sha256').update(text).digest('hex'))
    const missing = hashes.flatMap((hash, at) => (store.has(hash) ? [] : [at]))
    const fresh = new Map<string, Float32Array>()
    for (let first = 0; first < missing.length; first += textsTogether) {
      const some = missing.slice(first, first + textsTogether)
      const answer = await client.embedSentences(
        { folder, texts: some.map((at) => texts[at]!) },
        { signal: task.signal },
      )
      const vectors = decodeFloat32(answer.vectors)
      for (const [k, at] of some.entries()) {
        const vector = vectors.slice(k * answer.dimensions, (k + 1) * answer.dimensions)
        fresh.set(hashes[at]!, vector)
        store.keep(hashes[at]!, vector)
      }
      task.report({ stage: 'Embedding concepts', done: first + some.length, total: missing.length, unit: 'texts' })
    }
    const dims = fresh.values().next().value?.length ?? store.width ?? 0
    const vectors = new Float32Array(texts.length * dims)
    for (const [at, hash] of hashes.entries()) vectors.set(fresh.get(hash) ?? store.find(hash)!, at * dims)
    return { id: `sentence-onnx ${id}`, dims, vectors }
  } finally {
    store.close()
  }
}
