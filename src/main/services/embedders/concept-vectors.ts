import { createHash } from 'node:crypto'
import { SnipError } from '../../../contract/failure.ts'
import type { Embeddings } from '../../../core/ranking/method.ts'
import { bytesOf } from '../../files/write-aside.ts'
import { breathe } from '../breathe.ts'
import type { Task } from '../task.ts'
import { embedInMemory } from './embed-texts.ts'
import { keepMatrix, type MatrixFile } from './matrix-folder.ts'
import { openEmbedder, type EmbedderChoice, type EmbeddingServices } from './open-embedder.ts'
import { announceLeaving, distinctTexts, type TextEmbedder, type VectorBlock } from './text-embedder.ts'

/** Vectors of many concepts in a file that the engine reads, and those of the few that they are compared with. */
export interface ConceptVectors {
  /** A row for each distinct text; those that say nothing share the last one, of zeros. */
  readonly matrix: MatrixFile
  /** The row of each concept. */
  readonly rows: Uint32Array
  /** Row i embeds the i-th of the others. */
  readonly others: Embeddings
}

/** Numbers of one block: 4 MB; and what is hashed before others have their turn. */
const numbersTogether = 1024 * 1024
const charactersTogether = 256 * 1024
/** Texts that are told apart before others have their turn. */
const textsTogether = 2000

/**
 * Embeds `texts` into a matrix on the disk and `others` into memory. Where a text has one vector in any company, the matrix is named by
 * embedder and texts: when it is there, none of their vectors is touched.
 */
export async function embedConcepts(
  services: EmbeddingServices & { readonly cacheFolder: string },
  choice: EmbedderChoice,
  texts: readonly string[],
  others: readonly string[],
  task: Task,
): Promise<ConceptVectors> {
  const { distinct, rows } = await numberTexts(texts)
  const count = distinct.length + (rows.includes(distinct.length) ? 1 : 0)
  const embedder = await openEmbedder(services, choice, task)
  try {
    if (task.announce !== undefined && embedder.leaving !== null) {
      await announceLeaving(embedder, distinctTexts([...distinct, ...others]), task)
    }
    const { id } = embedder
    const parts = id === null ? await embedTogether(embedder, distinct, others, task) : null
    const compared = parts?.others ?? (await embedInMemory(embedder, others, task))
    const { dims } = compared
    if (dims === 0) {
      throw new SnipError('bad-data', 'The concepts to compare with are empty', {
        remedy: 'Write what they are about.',
      })
    }
    const key = parts === null ? await hashOf([id!, `${count}`], distinct) : await hashOf([`${count}`], parts.blocks)
    const blocks = () => (parts === null ? embedder.embed(distinct, task) : inTurn(parts.blocks, dims))
    const matrix = await keepMatrix(services.cacheFolder, { key, rows: count, dims }, blocks, task)
    return { matrix, rows, others: compared }
  } finally {
    embedder.close()
  }
}

/** The texts that differ and say something, and for each text its row among them; the row after the last where it says nothing. */
async function numberTexts(texts: readonly string[]) {
  const rowOf = new Map<string, number>()
  const rows = new Uint32Array(texts.length)
  const silent: number[] = []
  for (const [at, text] of texts.entries()) {
    if (at % textsTogether === 0) await breathe()
    const known = rowOf.get(text)
    if (known !== undefined) rows[at] = known
    else if (text.trim() === '') silent.push(at)
    else {
      rows[at] = rowOf.size
      rowOf.set(text, rowOf.size)
    }
  }
  for (const at of silent) rows[at] = rowOf.size
  return { distinct: [...rowOf.keys()], rows }
}

/** An embedder that takes its weights from the texts must see them all. */
async function embedTogether(
  embedder: TextEmbedder,
  distinct: readonly string[],
  others: readonly string[],
  task: Task,
): Promise<{ readonly blocks: readonly Float32Array[]; readonly others: Embeddings }> {
  const { dims, vectors } = await embedInMemory(embedder, [...distinct, ...others], task)
  const border = distinct.length * dims
  const blocks: Float32Array[] = []
  for (let at = 0; at < border; at += numbersTogether) {
    blocks.push(vectors.subarray(at, Math.min(border, at + numbersTogether)))
  }
  return { blocks, others: { dims, vectors: vectors.subarray(border) } }
}

async function* inTurn(blocks: readonly Float32Array[], dims: number): AsyncGenerator<VectorBlock> {
  for (const vectors of blocks) yield { dims, vectors }
}

async function hashOf(names: readonly string[], parts: readonly (string | Float32Array)[]): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(names))
  let since = 0
  let waiting = ''
  for (const part of parts) {
    if (typeof part === 'string') waiting += `${part.length} ${part}`
    else hash.update(bytesOf(part))
    since += part.length
    if (since < charactersTogether) continue
    hash.update(waiting)
    waiting = ''
    since = 0
    await breathe()
  }
  return hash.update(waiting).digest('hex')
}
