import { openModel, type OpenModel } from '../../src/main/engine-host/model/open-model.ts'
import { cutWindows, type WindowTable } from '../../src/core/recording/windows.ts'
import { createRandom } from '../../src/core/stats/random.ts'
import { makeCheckpoint } from '../checkpoint/make-checkpoint.ts'
import type { Gpt2Shape } from '../checkpoint/shapes.ts'

export const windowTokens = 64

/** Opens a made checkpoint as the engine host does. */
export async function openShape(shape: Gpt2Shape, threads: number): Promise<OpenModel> {
  return openModel({ path: makeCheckpoint(shape), tokenizer: null, threads, provider: 'cpu' })
}

/** Windows of uniformly drawn tokens: with random weights, text would be no more real. */
export function randomCorpus(shape: Gpt2Shape, windows: number, seed = 7): WindowTable {
  const random = createRandom(seed)
  const ids = Int32Array.from({ length: windows * windowTokens }, () => random.integer(shape.vocabulary))
  return cutWindows([{ ids }], { window: windowTokens, keepShort: false })
}

/** The ids of windows [start, end). */
export function idsOf(corpus: WindowTable, start: number, end: number): Int32Array {
  return corpus.ids.subarray(start * corpus.window, end * corpus.window)
}
