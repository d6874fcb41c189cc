import { pooledPearson } from '../../stats/correlation.ts'
import type { EvidenceWindow } from '../evidence.ts'
import type { WindowTagger } from '../features/window-tagger.ts'
import type { Description } from '../grammar/description.ts'
import { parseDescription } from '../grammar/parse.ts'
import { simulate } from './simulate.ts'

export const lexicalScoreKind = 'pearson-lexical'

/** Score of a sentence on held-out windows; null means not scoreable, and then `reason` says why. */
export interface SentenceScore {
  readonly score: number | null
  readonly scoreKind: typeof lexicalScoreKind
  readonly reason?: string
}

/**
 * Pearson correlation, pooled over all tokens of all windows, between the activations that a sentence simulates and
 * the true ones as they are (neither relu'd nor rounded). Only the sentence is read: a sentence edited within the
 * grammar gets its own score, one outside of it none.
 */
export function scoreSentence(text: string, windows: readonly EvidenceWindow[], tagger: WindowTagger): SentenceScore {
  const description = parseDescription(text)
  if (!description) return unscored('the sentence is outside the grammar of the lexical simulator')
  return scoreDescription(description, windows, tagger)
}

/** As `scoreSentence`, for a description that was parsed before. */
export function scoreDescription(
  description: Description,
  windows: readonly EvidenceWindow[],
  tagger: WindowTagger,
): SentenceScore {
  if (description.clauses.length === 0) return unscored('the sentence describes no pattern')
  if (windows.length === 0) return unscored('no window was held out to score on')
  const score = pooledPearson(
    windows.map((window) => ({
      real: window.activations,
      simulated: simulate(description, window.tokens, tagger),
    })),
  )
  if (score !== null) return { score, scoreKind: lexicalScoreKind }
  return unscored('the true or the simulated activations are the same at every held-out token')
}

function unscored(reason: string): SentenceScore {
  return { score: null, scoreKind: lexicalScoreKind, reason }
}
