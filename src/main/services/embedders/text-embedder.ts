import type { Task } from '../task.ts'

/** Vectors of texts that follow one another: f32, row after row. */
export interface VectorBlock {
  readonly dims: number
  readonly vectors: Float32Array
}

/** What turns texts into vectors. `close` it after use. */
export interface TextEmbedder {
  /** Tells its vectors from those of any other; null where the vector of a text depends on all that are embedded with it. */
  readonly id: string | null
  /** Vectors of texts that differ and say something, block by block in their order: no more than a few megabytes each. */
  embed(texts: readonly string[], task: Task): AsyncIterable<VectorBlock>
  /** Says of texts which of them would leave the computer, and to whom, or null where none would. Null for what runs here. */
  readonly leaving: ((texts: readonly string[]) => Promise<string | null>) | null
  close(): void
}

/** Tells what will leave the computer before any of it does, where somebody has to be told. */
export async function announceLeaving({ leaving }: TextEmbedder, texts: readonly string[], task: Task): Promise<void> {
  if (task.announce === undefined || leaving === null) return
  const words = await leaving(texts)
  if (words !== null) task.announce(words)
}

/** Texts that have vectors of their own: the same ones are embedded once, and servers refuse empty ones, whose vector is all zeros. */
export function distinctTexts(texts: readonly string[]): string[] {
  return [...new Set(texts)].filter((text) => text.trim() !== '')
}
