import { createRandom } from '../../stats/random.ts'
import type { EvidenceWindow } from '../evidence.ts'
import type { WindowTagger } from '../features/window-tagger.ts'
import { scoreSentence, type SentenceScore } from './score-sentence.ts'

/** A neuron's sentence and the windows that score it. */
export interface ScoredSubject {
  readonly text: string
  readonly heldOut: readonly EvidenceWindow[]
}

/**
 * The control of a set of explanations: the sentence of a random other neuron scored on each neuron's windows. The
 * neurons are put on a random circle and each gets its neighbour's sentence, so that none gets its own.
 */
export function controlScores(subjects: readonly ScoredSubject[], seed: number, tagger: WindowTagger): SentenceScore[] {
  const random = createRandom(seed)
  const circle = subjects.map((_, i) => i)
  random.shuffle(circle)
  const scores: SentenceScore[] = []
  for (let k = 0; k < circle.length; k++) {
    const subject = subjects[circle[k] as number]
    const other = subjects[circle[(k + 1) % circle.length] as number]
    if (!subject || !other || circle.length < 2) continue
    scores[circle[k] as number] = scoreSentence(other.text, subject.heldOut, tagger)
  }
  return scores
}
