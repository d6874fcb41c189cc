import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { SnipError } from '../../../contract/failure.ts'
import { decodeFloat32 } from '../../engine-host/client/bulk.ts'
import { moneyWords } from '../concepts/llm-progress.ts'
import type { ModelReference } from '../engine/engine.ts'
import { leavingTexts } from '../language-models/leaving-words.ts'
import { VectorStore } from '../language-models/answers/vector-store.ts'
import type { Budget, LanguageModels } from '../language-models/index.ts'
import type { Models } from '../models/models.ts'
import type { Task } from '../task.ts'
import { breathe } from '../breathe.ts'
import { keptBlocks } from './kept-blocks.ts'
import type { TextEmbedder } from './text-embedder.ts'

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
  /** Folder of a job whose journal and budget its requests share. */
  readonly journalFolder?: string | null
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

/** Texts of one call to the engine. */
const textsTogether = 256
/** Texts looked up without letting others in. */
const hashedTogether = 512

/**
 * Opens an embedder. Vectors of openai-compatible and sentence-onnx are kept on the disk by model and text; those of subject-sif depend on
 * all the texts together. Throws `bad-argument` for what an embedder lacks.
 */
export async function openEmbedder(
  services: EmbeddingServices,
  choice: EmbedderChoice,
  task: Task,
): Promise<TextEmbedder> {
  switch (choice.embedder as EmbedderId) {
    case 'subject-sif':
      return bySubject(services, choice)
    case 'openai-compatible':
      return byProvider(services, choice, (sentence) => task.warn(sentence))
    case 'sentence-onnx':
      return byFolder(services, choice, task.signal)
    default:
      throw new SnipError('bad-argument', `There is no embedder '${choice.embedder}'`, {
        remedy: `Use one of: ${embedderIds.join(', ')}.`,
      })
  }
}

function bySubject({ models }: EmbeddingServices, choice: EmbedderChoice): TextEmbedder {
  return {
    // The common part of all sentences is taken out: the same text has another vector in other company.
    id: null,
    async *embed(texts: readonly string[], task: Task) {
      task.report({ stage: 'Embedding concepts', done: 0, total: 1, unit: 'step' })
      const { handle } = await models.open(choice.model, task.signal)
      const { dimensions, vectors } = await models.engine.client.embed(
        { handle, embedder: 'subject-sif', texts: [...texts], recording: choice.recording },
        { signal: task.signal },
      )
      yield { dims: dimensions, vectors: decodeFloat32(vectors) }
    },
    leaving: null,
    close: () => {},
  }
}

async function byProvider(
  { languageModels }: EmbeddingServices,
  { provider, budget = null, journalFolder = null }: EmbedderChoice,
  warn: (sentence: string) => void,
): Promise<TextEmbedder> {
  if (provider === null || languageModels === undefined) {
    throw new SnipError('bad-argument', 'The embedder openai-compatible needs a provider', {
      remedy: 'Choose a provider with an embedding model.',
    })
  }
  const model = await languageModels.openEmbeddings(provider, {
    purpose: 'embedding concepts',
    budget,
    journalFolder,
    warn,
  })
  return {
    id: `openai-compatible ${model.key}`,
    embed: (texts, task) =>
      keptBlocks(
        {
          texts,
          kept: model.kept,
          hashOf: model.hashOf,
          embed: (some) => model.embed(some, task.signal),
          atOnce: textsTogether * model.provider.concurrency,
          note: () => moneyWords(model.spending()),
        },
        task,
      ),
    leaving: async (texts) => {
      let count = 0
      for (const [at, text] of texts.entries()) {
        if (!model.kept.has(model.hashOf(text))) count++
        if (at % hashedTogether === 0) await breathe()
      }
      return count === 0 ? null : leavingTexts(model.provider, count)
    },
    close: () => model.close(),
  }
}

async function byFolder(
  { models, cacheFolder }: EmbeddingServices,
  { folder }: EmbedderChoice,
  signal: AbortSignal,
): Promise<TextEmbedder> {
  if (folder === null || cacheFolder === undefined) {
    throw new SnipError('bad-argument', 'The embedder sentence-onnx needs a folder with a sentence model', {
      remedy: 'Name the folder of an ONNX export of sentence-transformers.',
    })
  }
  const { client } = models.engine
  const { id } = await client.sentenceModel({ folder }, { signal })
  const kept = new VectorStore(join(cacheFolder, 'vectors'), 'sentence-onnx', id)
  const hashOf = (text: string) => createHash('sha256').update(text).digest('hex')
  return {
    id: `sentence-onnx ${id}`,
    embed: (texts, task) =>
      keptBlocks(
        {
          texts,
          kept,
          hashOf,
          embed: async (some) => {
            const answer = await client.embedSentences({ folder, texts: [...some] }, { signal: task.signal })
            const all = decodeFloat32(answer.vectors)
            const vectors = some.map((_, k) => all.slice(k * answer.dimensions, (k + 1) * answer.dimensions))
            for (const [k, text] of some.entries()) kept.keep(hashOf(text), vectors[k]!)
            return vectors
          },
          atOnce: textsTogether,
        },
        task,
      ),
    leaving: null,
    close: () => kept.close(),
  }
}
