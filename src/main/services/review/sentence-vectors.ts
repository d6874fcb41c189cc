import { SnipError } from '../../../contract/failure.ts'
import { mostSearchTokens, type EmbedderId } from '../../../contract/workbench/embedders.ts'
import { normaliseRow } from '../../../core/concepts/embedders/vectors.ts'
import { decodeFloat32 } from '../../engine-host/client/bulk.ts'
import { embedInMemory } from '../embedders/embed-texts.ts'
import { openEmbedder } from '../embedders/open-embedder.ts'
import type { NeuronData } from '../neurons/neuron-tables.ts'
import { handleOfRecorded } from '../neurons/recorded-windows.ts'
import type { WorkbenchSession } from '../session/session.ts'
import { quietTask } from '../task.ts'

/** Who embeds sentences, with the path of a sentence model's folder. */
export interface SentenceEmbedder {
  readonly embedder: EmbedderId
  readonly provider: string | null
  readonly folder: string | null
}

/** One way of turning sentences into vectors of length 1, or of zeros where a sentence says nothing to it. */
export interface SentenceVectors {
  /** Tells its vectors from those of any other way. */
  readonly key: string
  /** `reference`: sentences that what all have in common is estimated from. Only subject-sif takes it out. */
  embed(texts: readonly string[], reference: readonly string[]): Promise<Float32Array[]>
  close(): void
}

/** Opens what embeds. Throws `bad-argument` for what the choice lacks, `bad-model` for a folder that is no sentence model. */
export async function sentenceVectors(
  session: WorkbenchSession,
  { evidence }: NeuronData,
  choice: SentenceEmbedder,
  signal: AbortSignal,
): Promise<SentenceVectors> {
  const { models, cacheFolder } = session.workbench
  const { client } = models.engine
  if (choice.embedder === 'subject-sif') {
    const { recording, folder } = evidence
    const handle = await handleOfRecorded(session, recording, signal)
    return {
      key: choice.embedder,
      async embed(texts, reference) {
        const request = { handle, embedder: choice.embedder, texts: [...texts], recording: folder }
        const found = await client.embed({ ...request, sentences: [...reference] }, { signal })
        return rowsOf(decodeFloat32(found.vectors), found.dimensions, texts.length)
      },
      close: () => {},
    }
  }
  const { languageModels } = session
  const subject = { model: { path: '', tokenizer: null }, recording: null }
  const key = await keyOf(session, choice, signal)
  const services = { models, languageModels, cacheFolder }
  const task = { ...quietTask(signal), warn: (sentence: string) => session.events.status(sentence) }
  const budget = { maxCost: null, maxTokens: mostSearchTokens }
  // Opened once: the cap is one for all that a search embeds.
  const embedder = await openEmbedder(services, { ...subject, ...choice, budget }, task)
  return {
    key,
    close: () => embedder.close(),
    async embed(texts) {
      const { dims, vectors } = await embedInMemory(embedder, texts, task).catch(asSearch)
      for (let row = 0; row < texts.length; row++) normaliseRow(vectors, row * dims, dims)
      return rowsOf(vectors, dims, texts.length)
    },
  }
}

/** The cap of a search is nobody's to raise; the next search has one of its own. */
function asSearch(error: unknown): never {
  if (!(error instanceof SnipError) || error.kind !== 'budget') throw error
  throw new SnipError(
    'budget',
    `A search sends at most ${mostSearchTokens.toLocaleString('en-US')} tokens, which are sent`,
    {
      remedy: 'Search again to go on: what is embedded is kept.',
    },
  )
}

async function keyOf(session: WorkbenchSession, choice: SentenceEmbedder, signal: AbortSignal): Promise<string> {
  const { embedder, provider, folder } = choice
  if (embedder === 'sentence-onnx' && folder !== null) {
    return (await session.workbench.engine.client.sentenceModel({ folder }, { signal })).id
  }
  if (embedder === 'openai-compatible' && provider !== null) {
    const { baseUrl, embeddingModel } = session.languageModels.provider(provider)
    return JSON.stringify([baseUrl, embeddingModel])
  }
  throw new SnipError('bad-argument', `The embedder ${embedder} needs ${lacks[embedder]}`, {
    remedy: 'Choose it, or use the embeddings of the model itself.',
  })
}

const lacks: Readonly<Record<EmbedderId, string>> = {
  'subject-sif': 'a model',
  'openai-compatible': 'a provider with an embedding model',
  'sentence-onnx': 'a folder with a sentence model',
}

function rowsOf(all: Float32Array, dims: number, rows: number): Float32Array[] {
  return Array.from({ length: rows }, (_, row) => all.subarray(row * dims, (row + 1) * dims))
}
