import { decodeFloat32, encodeBulk } from '../client/bulk.ts'
import type { Shelf } from '../operations/corpora.ts'
import { embedSentences } from '../operations/embed-sentences.ts'
import { embedTexts } from '../operations/embed.ts'
import { SentenceShelf } from '../operations/sentence-model.ts'
import { SimilarityDesk } from '../operations/similarity.ts'
import type { Host, Shelved } from './host.ts'

/** Vectors of sentences, and how near they are. */
export function embeddingHandlers(host: Host, models: Shelf<Shelved>, arena: boolean) {
  const sentences = new SentenceShelf(arena)
  const similarities = new SimilarityDesk()
  return {
    embed: host.embed.handler(async ({ input, signal }) => {
      const { dimensions, vectors } = await embedTexts(models.get(input.handle).model, input, signal)
      return { dimensions, vectors: encodeBulk(vectors) }
    }),

    sentenceModel: host.sentenceModel.handler(async ({ input }) => {
      const { id, name, pooling, normalised } = await sentences.open(input.folder)
      return { id, name, pooling, normalised }
    }),

    embedSentences: host.embedSentences.handler(async ({ input, signal }) => {
      const { dimensions, vectors } = await embedSentences(await sentences.open(input.folder), input.texts, signal)
      return { dimensions, vectors: encodeBulk(vectors) }
    }),

    similarity: host.similarity.handler(async ({ input, signal }) => {
      const columns = decodeFloat32(input.columns)
      const { scores, ...zero } = await similarities.greatest({ ...input, columns }, signal)
      return { scores: encodeBulk(scores), ...zero }
    }),
  }
}
