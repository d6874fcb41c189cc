import type { Plan } from '../../../contract/files.ts'
import { SnipError } from '../../../contract/failure.ts'
import { requireObjective } from '../../../core/metrics/objective.ts'
import type { OpenModel } from '../model/open-model.ts'
import { floatOutput, int64Tensor, purposes } from '../sessions/model-sessions.ts'
import { leaseUnderPlan } from '../sessions/plan-feeds.ts'
import { requireFinite } from './not-finite.ts'
import { objectiveFacts } from './objective-facts.ts'

/** Throws unless `ids` is a sequence that the model can read. */
export function checkIds(model: OpenModel, ids: readonly number[], what: string): void {
  const { vocabularySize, contextLength } = model.shape
  if (ids.length === 0) {
    throw new SnipError('bad-argument', `${what} holds no tokens`, { remedy: 'Give at least one token.' })
  }
  if (ids.length > contextLength) {
    throw new SnipError('bad-argument', `${what} holds ${ids.length} tokens, the model's context is ${contextLength}`, {
      remedy: 'Shorten it.',
    })
  }
  const unknown = ids.find((id) => id >= vocabularySize)
  if (unknown !== undefined) {
    throw new SnipError(
      'bad-argument',
      `${what} holds the token ${unknown}, the model knows 0 to ${vocabularySize - 1}`,
      {
        remedy: 'Use ids of this model’s tokenizer.',
      },
    )
  }
}

/** Logits after every token of one sequence: f32 [tokens, vocabulary]. */
export async function sequenceLogits(
  model: OpenModel,
  ids: readonly number[],
  plan: Plan | null,
): Promise<Float32Array> {
  requireObjective(objectiveFacts(model), 'causal', 'A log-probability of the next token')
  checkIds(model, ids, 'The text')
  const session = await leaseUnderPlan(model, purposes.logits, plan)
  try {
    const feeds = { input_ids: int64Tensor(ids, [1, ids.length]) }
    const logits = floatOutput(await session.run(feeds), 'logits')
    requireFinite(model, logits, 'The logits')
    return logits
  } finally {
    await session.release()
  }
}

/** Natural-log probability of each next token, and the logits after the last one. */
export async function sequenceLogprobs(model: OpenModel, ids: readonly number[], plan: Plan | null) {
  const logits = await sequenceLogits(model, ids, plan)
  const { vocabularySize } = model.shape
  const logprobs: number[] = []
  for (let position = 0; position + 1 < ids.length; position++) {
    const row = logits.subarray(position * vocabularySize, (position + 1) * vocabularySize)
    logprobs.push(row[ids[position + 1]!]! - logSumExp(row))
  }
  return { logprobs, lastLogits: logits.slice((ids.length - 1) * vocabularySize) }
}

/** ln(sum(exp(x))), in f64. */
export function logSumExp(values: Float32Array): number {
  let largest = -Infinity
  for (const value of values) if (value > largest) largest = value
  let sum = 0
  for (const value of values) sum += Math.exp(value - largest)
  return largest + Math.log(sum)
}
