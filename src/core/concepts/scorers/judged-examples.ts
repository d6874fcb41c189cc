import { renderJudgePrompt, type JudgePrompt } from '../prompts/judge-prompt.ts'
import { readRatings } from '../replies/read-ratings.ts'
import { notScoreable, type LlmScore, type ScoreReply, type ScoreRequest } from './llm-scorer.ts'

/** An example that a model judges, and what it should say. */
export interface JudgedExample {
  readonly text: string
  readonly truth: boolean
}

export function judgeRequests(
  concept: string,
  examples: readonly JudgedExample[],
  prompt: JudgePrompt,
  seed: number,
): ScoreRequest[] {
  if (examples.length === 0) return []
  const request = {
    messages: renderJudgePrompt(
      concept,
      examples.map(({ text }) => text),
      prompt,
    ).messages,
    maxTokens: 12 * examples.length + 20,
    temperature: 0,
    topP: 1,
    seed,
    topLogprobs: null,
  }
  return [{ kind: 'chat', request }]
}

/** Balanced accuracy: mean of the shares judged rightly among true and among false examples; 0.5 is chance. */
export function scoreJudgements(
  scoreKind: string,
  examples: readonly JudgedExample[],
  replies: readonly ScoreReply[],
): LlmScore {
  const positives = examples.filter(({ truth }) => truth).length
  if (positives === 0 || positives === examples.length) {
    return notScoreable(scoreKind, 'the held-out windows hold no example of either kind')
  }
  const [reply] = replies
  if (!reply || reply.kind !== 'chat') {
    return notScoreable(scoreKind, reply?.kind === 'failed' ? reply.reason : 'the examples were not asked about')
  }
  const answers = readRatings(reply.reply, examples.length, 1)
  const right = { true: 0, false: 0 }
  for (const [i, { truth }] of examples.entries()) {
    const { value, reason } = answers[i]!
    if (value !== 0 && value !== 1) {
      return notScoreable(scoreKind, `example ${i + 1}: ${reason ?? `the answer ${value} is neither 0 nor 1`}`)
    }
    if ((value === 1) === truth) right[truth ? 'true' : 'false']++
  }
  const score = (right.true / positives + right.false / (examples.length - positives)) / 2
  return { score, scoreKind, simulated: null }
}
