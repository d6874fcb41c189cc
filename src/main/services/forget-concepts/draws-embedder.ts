import { SnipError } from '../../../contract/failure.ts'
import { embedderIds, type EmbeddingServices } from '../embedders/embed-texts.ts'
import type { EmbedderChoice } from '../embedders/open-embedder.ts'
import type { Budget, LanguageModels } from '../language-models/index.ts'

/** Who compares the wordings of several draws; `embedder` null is nobody, and left out the provider, where it has an embedding model. */
export interface DrawsEmbedder extends Pick<EmbedderChoice, 'recording' | 'folder'> {
  readonly embedder: string | null | undefined
  /** The provider that is asked for the concepts: its embedding model compares them, too. */
  readonly provider: string
  /** The subject model, for subject-sif; null where none is named. */
  readonly model: EmbedderChoice['model'] | null
  /** What all of the extraction may spend; left out where there will be nothing to compare. */
  readonly budget?: Budget | null
}

/**
 * Who compares wordings, as it is opened; null where only equal ones are one. What it needs is checked and opened first: before anything is
 * asked and paid for. Throws `bad-argument` for what is missing, `budget` for a cap in money on an embedding model without a price.
 */
export async function drawsEmbedder(
  services: EmbeddingServices & { readonly languageModels: LanguageModels },
  { provider, model, recording, folder, budget = null, ...wanted }: DrawsEmbedder,
  signal: AbortSignal,
): Promise<EmbedderChoice | null> {
  const { name, embeddingModel } = services.languageModels.provider(provider)
  const embedder = wanted.embedder === undefined && embeddingModel !== null ? 'openai-compatible' : wanted.embedder
  if (embedder === null || embedder === undefined) return null
  if (!embedderIds.some((id) => id === embedder)) {
    throw new SnipError('bad-argument', `There is no embedder '${embedder}'`, {
      remedy: `Use one of: ${embedderIds.join(', ')}.`,
    })
  }
  if (embedder === 'openai-compatible' && embeddingModel === null) {
    throw new SnipError('bad-argument', `No embedding model is set for ${name}`, {
      remedy: 'Set one, or compare by another embedder.',
    })
  }
  if (embedder === 'openai-compatible' && budget !== null) {
    const use = { purpose: 'comparing wordings', budget, journalFolder: null }
    const opened = await services.languageModels.openEmbeddings(provider, use)
    opened.close()
  }
  if (embedder === 'sentence-onnx') {
    if (folder === null) {
      throw new SnipError('bad-argument', 'No sentence model was chosen to compare wordings with', {
        remedy: 'Choose its folder.',
      })
    }
    await services.models.engine.client.sentenceModel({ folder }, { signal })
  }
  if (embedder === 'subject-sif') {
    if (model === null) {
      throw new SnipError('bad-argument', 'The embedder subject-sif needs the model whose embeddings it takes', {
        remedy: 'Name the model.',
      })
    }
    await services.models.open(model, signal)
  }
  return { embedder, provider, model: model ?? { path: '', tokenizer: null }, recording, folder }
}
