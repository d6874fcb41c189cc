import type { OpenModel } from '../model/open-model.ts'
import { betweenBatches } from './steps.ts'

/**
 * What a sentence predicts for windows of tokens: levels from 0 to 1 per token, by the lexical simulator. Null when the
 * sentence is outside of its grammar or describes no pattern.
 */
export async function simulateSentence(
  model: OpenModel,
  text: string,
  windows: readonly (readonly number[])[],
  signal: AbortSignal | undefined,
): Promise<number[][] | null> {
  const [{ parseDescription }, { simulate }, { WindowTagger }] = await Promise.all([
    import('../../../core/concepts/grammar/parse.ts'),
    import('../../../core/concepts/scorers/simulate.ts'),
    import('../../../core/concepts/features/window-tagger.ts'),
  ])
  const description = parseDescription(text)
  if (description === null || description.clauses.length === 0) return null
  const tagger = new WindowTagger()
  const levels: number[][] = []
  for (const ids of windows) {
    await betweenBatches(signal)
    const tokens = ids.map((id) => model.tokenizer.tokenText(id))
    levels.push(Array.from(simulate(description, tokens, tagger)))
  }
  return levels
}
