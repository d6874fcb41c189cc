import { SnipError } from '../../../contract/failure.ts'
import type { Embeddings } from '../../../core/ranking/method.ts'
import type { Task } from '../task.ts'
import { openEmbedder, type EmbedderChoice, type EmbeddingServices } from './open-embedder.ts'
import { announceLeaving, distinctTexts, type TextEmbedder } from './text-embedder.ts'

export { embedderIds, type EmbeddingServices } from './open-embedder.ts'

/** Embeds texts, each distinct one once; row i is that of text i, all zeros where the text is empty. For as many as memory holds. */
export async function embedTexts(
  services: EmbeddingServices,
  choice: EmbedderChoice,
  texts: readonly string[],
  task: Task,
): Promise<Embeddings> {
  const embedder = await openEmbedder(services, choice, task)
  try {
    await announceLeaving(embedder, distinctTexts(texts), task)
    return await embedInMemory(embedder, texts, task)
  } finally {
    embedder.close()
  }
}

/** The same by an open embedder. */
export async function embedInMemory(embedder: TextEmbedder, texts: readonly string[], task: Task): Promise<Embeddings> {
  const distinct = distinctTexts(texts)
  let dims = 0
  let own = new Float32Array(0)
  let done = 0
  for await (const block of embedder.embed(distinct, task)) {
    if (done === 0) {
      dims = block.dims
      own = new Float32Array(distinct.length * dims)
    }
    own.set(block.vectors, done)
    done += block.vectors.length
  }
  if (done !== own.length || (distinct.length > 0 && dims === 0)) {
    throw new SnipError('internal', `${done} numbers came for ${distinct.length} texts of ${dims}`)
  }
  if (distinct.length === texts.length) return { dims, vectors: own }
  const rows = new Map(distinct.map((text, row) => [text, row]))
  const vectors = new Float32Array(texts.length * dims)
  for (const [at, text] of texts.entries()) {
    const row = rows.get(text)
    if (row !== undefined) vectors.set(own.subarray(row * dims, (row + 1) * dims), at * dims)
  }
  return { dims, vectors }
}
