import { z } from 'zod'
import { invariant } from '../../contract/failure.ts'
import type { Result } from '../../contract/result.ts'
import type { ClozeQuestion } from '../data/dataset.ts'
import { wilsonInterval } from '../stats/wilson.ts'
import type { ClozeLosses, ClozeTask } from './cloze-layout.ts'
import { chooseCandidate, clozeScorerIds, clozeScorers, scoreCandidates } from './cloze-scorers.ts'
import { type Metric, type MetricContext, type ResultHead, measured, resultOf, unmeasured } from './metric.ts'

const params = z.strictObject({
  scorer: z.enum(clozeScorerIds).default('whole-mean-nll').describe('How a candidate is scored'),
  join: z.enum(['', ' ', '\n']).default('').describe('What stands between two lines of the context'),
  split: z
    .enum(['evaluation', 'forget', 'all'])
    .default('all')
    .describe('forget: the first 100 questions of the file; evaluation: the others'),
})
export type ClozeParams = z.output<typeof params>

/** A question of the evaluation: its task and the engine's losses, or why it was refused. */
export type ClozeOutcome =
  | { readonly ok: true; readonly question: ClozeQuestion; readonly task: ClozeTask; readonly losses: ClozeLosses }
  | { readonly ok: false; readonly question: ClozeQuestion; readonly reason: string }

/** What happened on one question. */
export interface ClozeExample {
  /** Position of the question in its file, from 1. */
  readonly index: number
  readonly chosen: string
  readonly answer: string
  readonly correct: boolean
  /** One per candidate, in the question's order. */
  readonly scores: readonly number[]
  readonly cutTokens: number
}

export interface ClozeSummary {
  readonly results: { readonly accuracy: Result }
  /** Empty when the result failed. */
  readonly examples: readonly ClozeExample[]
}

/**
 * Children's Book Test: which of ten candidates fills the blank. The defaults are those of the published SNIP code,
 * so that numbers compare with its: whole-text mean loss, lines joined by the empty string. `corrected` follows the
 * GPT-2 paper and sets a space between lines, as in running text. The SNIP report names no scorer, so that there is no
 * `paper` preset.
 */
export const clozeMetric: Metric<typeof params> = {
  id: 'cloze',
  name: 'Cloze questions',
  citation: 'Hill et al. 2015 (arXiv 1511.02301), as used by SNIP and by Radford et al. 2019',
  params,
  presets: {
    'as-released': { scorer: 'whole-mean-nll', join: '' },
    corrected: { scorer: 'suffix-sum-logprob', join: ' ' },
  },
  unit: 'question',
  needs: 'cloze-questions',
  objective: 'causal',
  estimators: [{ id: 'accuracy', name: 'Accuracy', better: 'higher' }],
}

/**
 * Accuracy over questions with a Wilson interval; ties between candidates go to the earlier. Refused questions count in
 * nothing, and a warning names them. Result params add `questionsCut`, `tokensCut` and `questionsRefused`.
 */
export function summariseCloze(
  outcomes: readonly ClozeOutcome[],
  clozeParams: ClozeParams,
  context: MetricContext,
): ClozeSummary {
  const scorer = clozeScorers.find((member) => member.id === clozeParams.scorer)
  invariant(scorer, `there is a scorer ${clozeParams.scorer}`)
  const taken = outcomes.filter((outcome) => outcome.ok)
  const refused = outcomes.filter((outcome) => !outcome.ok)
  const cut = taken.filter(({ task }) => task.cutTokens > 0)
  const tokensCut = cut.reduce((sum, { task }) => sum + task.cutTokens, 0)
  const warnings = [...context.warnings]
  if (cut.length > 0) {
    warnings.push(
      `${cut.length} of ${taken.length} questions are longer than the model's context; ` +
        `${tokensCut} tokens were cut from their left`,
    )
  }
  for (const { question, reason } of refused.slice(0, 3)) {
    warnings.push(`Question ${question.index} was left out: ${reason}`)
  }
  if (refused.length > 3) warnings.push(`${refused.length - 3} more questions were left out`)
  const head: ResultHead = {
    ...context,
    warnings,
    metric: clozeMetric.id,
    estimator: 'accuracy',
    unit: clozeMetric.unit,
    params: { ...clozeParams, questionsCut: cut.length, tokensCut, questionsRefused: refused.length },
  }
  if (taken.length === 0) {
    const failure = { kind: 'bad-data', message: 'There is no question to answer in this data' } as const
    return { results: { accuracy: unmeasured(head, failure) }, examples: [] }
  }
  const examples: ClozeExample[] = []
  const accuracy = resultOf(head, () => {
    for (const { question, task, losses } of taken) {
      const scores = scoreCandidates(scorer, task, losses)
      const chosen = question.candidates[chooseCandidate(scorer, scores)] ?? ''
      const correct = chosen === question.answer
      examples.push({
        index: question.index,
        chosen,
        answer: question.answer,
        correct,
        scores,
        cutTokens: task.cutTokens,
      })
    }
    const byIndex = examples.map(({ correct }) => (correct ? 1 : 0))
    const successes = examples.filter(({ correct }) => correct).length
    return measured(head, successes / examples.length, wilsonInterval(successes, examples.length), byIndex)
  })
  return { results: { accuracy }, examples: accuracy.ok ? examples : [] }
}
