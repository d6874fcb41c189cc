import { SnipError, invariant } from '../../contract/failure.ts'
import type { ClozeLosses, ClozeTask } from './cloze-layout.ts'

/** A way to score a candidate. Scores cover predicted tokens only. */
export interface ClozeScorer {
  readonly id: 'whole-mean-nll' | 'suffix-sum-logprob' | 'choice-only'
  readonly name: string
  readonly citation: string
  /** Which score wins. */
  readonly better: 'lower' | 'higher'
  readonly score: (task: ClozeTask, losses: ClozeLosses, candidate: number) => number
}

/** Mean loss over the whole text: SNIP's code picks the candidate with the greatest exp of its negative. */
const wholeMeanNll: ClozeScorer = {
  id: 'whole-mean-nll',
  name: 'Mean loss of the whole text',
  citation: 'SNIP-code (2024-03-14)',
  better: 'lower',
  score(_, losses, candidate) {
    const branch = branchLosses(losses, candidate)
    return (losses.prefixLossSum + sum(branch, 0, branch.length)) / (losses.prefixPredicted + branch.length)
  },
}

/** Log-probability of the candidate and the rest of the text, given what precedes. */
const suffixSumLogprob: ClozeScorer = {
  id: 'suffix-sum-logprob',
  name: 'Log-probability of the candidate and the rest',
  citation: 'Radford et al. 2019, section 3.2',
  better: 'higher',
  score(_, losses, candidate) {
    const branch = branchLosses(losses, candidate)
    return -sum(branch, 0, branch.length)
  },
}

/** Log-probability of the candidate's own tokens, given what precedes. */
const choiceOnly: ClozeScorer = {
  id: 'choice-only',
  name: 'Log-probability of the candidate alone',
  citation: 'Zero-shot choice of the most probable candidate',
  better: 'higher',
  score(task, losses, candidate) {
    const { choiceStart, choiceEnd } = task.branches[candidate] ?? { choiceStart: 0, choiceEnd: 0 }
    return -sum(branchLosses(losses, candidate), choiceStart, choiceEnd)
  },
}

export const clozeScorers: readonly ClozeScorer[] = [wholeMeanNll, suffixSumLogprob, choiceOnly]
export const clozeScorerIds = ['whole-mean-nll', 'suffix-sum-logprob', 'choice-only'] as const

/** One score per candidate. */
export function scoreCandidates(scorer: ClozeScorer, task: ClozeTask, losses: ClozeLosses): number[] {
  invariant(
    losses.branches.length === task.branches.length,
    `${task.branches.length} candidates have ${losses.branches.length} lists of losses`,
  )
  for (const [candidate, branch] of task.branches.entries()) {
    invariant(losses.branches[candidate]?.length === branch.ids.length, `candidate ${candidate} has a loss per token`)
  }
  return task.branches.map((_, candidate) => scorer.score(task, losses, candidate))
}

/** The winning candidate; a tie goes to the earlier. Throws `not-finite` when a score is not a finite number. */
export function chooseCandidate(scorer: ClozeScorer, scores: readonly number[]): number {
  let chosen = 0
  for (const [candidate, score] of scores.entries()) {
    if (!Number.isFinite(score)) {
      throw new SnipError('not-finite', `The score of candidate ${candidate + 1} is not a finite number`)
    }
    const best = scores[chosen] as number
    if (scorer.better === 'lower' ? score < best : score > best) chosen = candidate
  }
  return chosen
}

function branchLosses(losses: ClozeLosses, candidate: number): ArrayLike<number> {
  const branch = losses.branches[candidate]
  invariant(branch !== undefined, `candidate ${candidate} has losses`)
  return branch
}

function sum(values: ArrayLike<number>, start: number, end: number): number {
  let total = 0
  for (let at = start; at < end; at++) total += values[at] as number
  return total
}
