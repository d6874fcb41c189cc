import type { OpenModel } from '../model/open-model.ts'
import { betweenBatches } from './steps.ts'

/** Characters encoded without letting other calls in: some milliseconds. */
const charactersTogether = 100_000

/** Number of tokens of each text. */
export async function tokenLengths(
  model: OpenModel,
  texts: readonly string[],
  signal: AbortSignal | undefined,
): Promise<Uint32Array> {
  const lengths = new Uint32Array(texts.length)
  let characters = 0
  for (const [at, text] of texts.entries()) {
    characters += text.length
    if (characters > charactersTogether) {
      await betweenBatches(signal)
      characters = 0
    }
    lengths[at] = model.tokenizer.encodeDocument(text).length
  }
  return lengths
}
