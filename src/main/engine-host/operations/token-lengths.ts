import { SnipError } from '../../../contract/failure.ts'
import type { Tokenizer } from '../../../core/tokenizer/tokenizer.ts'
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

/** Refuses a text of more than `most` tokens, however long it is, without encoding the rest where it can be cut. */
export function checkTokenCount(tokenizer: Tokenizer, text: string, most: number): void {
  if (tokenizer.encodeStart(text, most + 1).length <= most) return
  const limit = most.toLocaleString('en-US')
  throw new SnipError('bad-argument', `The text has more than the ${limit} tokens that the model's context holds`, {
    remedy: 'Shorten the text.',
  })
}
