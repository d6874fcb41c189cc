import { breathe } from '../breathe.ts'
import type { KeptVectors } from '../language-models/index.ts'
import { throwIfCancelled, type Task } from '../task.ts'
import type { VectorBlock } from './text-embedder.ts'

/** Texts that are hashed, and numbers that are read, before others have their turn: 4 MB. */
const textsTogether = 512
const numbersTogether = 1024 * 1024
const lookedUpTogether = 10_000

export interface KeptTexts {
  readonly texts: readonly string[]
  readonly kept: KeptVectors
  hashOf(text: string): string
  /** Embeds texts and keeps their vectors; so many at once. */
  embed(texts: readonly string[]): Promise<readonly Float32Array[]>
  readonly atOnce: number
  /** What else to say of the progress. */
  note?(): string
}

/** Embeds what is missing among the vectors that are kept, then reads all of them in the order of the texts. */
export async function* keptBlocks(source: KeptTexts, task: Task): AsyncGenerator<VectorBlock> {
  const { texts, kept, atOnce } = source
  const hashes: string[] = []
  for (const text of texts) {
    if (hashes.push(source.hashOf(text)) % textsTogether === 0) await breathe()
  }
  throwIfCancelled(task)
  const missing: number[] = []
  for (const [at, hash] of hashes.entries()) {
    if (!kept.has(hash)) missing.push(at)
    if (at % lookedUpTogether === 0) await breathe()
  }
  // Only where nothing can be kept, because too many processes keep vectors of this model already.
  const unkept = new Map<string, Float32Array>()
  for (let first = 0; first < missing.length; first += atOnce) {
    const some = missing.slice(first, first + atOnce)
    const vectors = await source.embed(some.map((at) => texts[at]!))
    for (const [k, at] of some.entries()) if (!kept.has(hashes[at]!)) unkept.set(hashes[at]!, vectors[k]!)
    const note = source.note?.()
    const done = texts.length - missing.length + first + some.length
    task.report({
      stage: 'Embedding concepts',
      done,
      total: texts.length,
      unit: 'texts',
      ...(note === undefined ? {} : { note }),
    })
  }
  // How wide vectors are shows in the first.
  let count = 1
  for (let first = 0; first < texts.length;) {
    throwIfCancelled(task)
    const some = hashes.slice(first, first + count)
    const vectors =
      unkept.size === 0 ? kept.read(some) : joined(some.map((hash) => unkept.get(hash) ?? kept.read([hash])))
    const dims = vectors.length / some.length
    yield { dims, vectors }
    first += some.length
    count = Math.max(1, Math.floor(numbersTogether / dims))
    await breathe()
  }
}

function joined(rows: readonly Float32Array[]): Float32Array {
  const dims = rows[0]!.length
  const vectors = new Float32Array(rows.length * dims)
  for (const [at, row] of rows.entries()) vectors.set(row, at * dims)
  return vectors
}
