import { basename } from 'node:path'
import { SnipError } from '../../../contract/failure.ts'
import { requireObjective } from '../../../core/metrics/objective.ts'
import { integersAfterTab } from '../../../core/tokenizer/integers-after-tab.ts'
import type { Tokenizer } from '../../../core/tokenizer/tokenizer.ts'
import type { OpenModel } from '../model/open-model.ts'
import { floatOutput, int64Tensor, purposes } from '../sessions/model-sessions.ts'
import { leaseUnderPlan } from '../sessions/plan-feeds.ts'
import { encodeLiteral } from './chat-prompt.ts'
import { logSumExp } from './logits.ts'
import { requireFinite } from './not-finite.ts'
import { objectiveFacts } from './objective-facts.ts'
import { betweenBatches } from './steps.ts'

/**
 * What a model expects behind each tab of a text, all read in one run: natural-log probabilities [slots, integers] of the whole numbers that
 * its vocabulary tells apart. All of the text is plain, whatever it spells; what the tokenizer's template puts before a text goes before it.
 */
export async function integersOfText(model: OpenModel, text: string, signal: AbortSignal | undefined) {
  requireObjective(objectiveFacts(model), 'causal', 'Reading the numbers that are expected')
  const { integers, before } = integersAfterTab(model.tokenizer, basename(model.path))
  const slots: number[] = []
  for (let at = text.indexOf('\t'); at >= 0; at = text.indexOf('\t', at + 1)) slots.push(at + 1)
  const { ids, places } = layOut(model.tokenizer, text, slots, before)
  const { contextLength } = model.shape
  if (ids.length > contextLength) {
    throw new SnipError(
      'llm-reply',
      `The text takes ${ids.length} tokens, the model's context holds ${contextLength}`,
      {
        remedy: 'Use a model with a longer context.',
      },
    )
  }
  const width = integers.length
  const logprobs = new Float64Array(slots.length * width)
  if (slots.length > 0) {
    await betweenBatches(signal)
    const logits = await logitsAt(model, ids, places)
    const vocabulary = logits.length / places.length
    for (let slot = 0; slot < slots.length; slot++) {
      const row = logits.subarray(slot * vocabulary, (slot + 1) * vocabulary)
      const normaliser = logSumExp(row)
      for (const [k, { id }] of integers.entries()) logprobs[slot * width + k] = row[id]! - normaliser
    }
  }
  return { slots, integers: integers.map((integer) => integer.text), logprobs, tokens: ids.length }
}

/** Logits after chosen tokens of one sequence: f32 [places, vocabulary]. */
export async function logitsAt(
  model: OpenModel,
  ids: readonly number[],
  places: readonly number[],
): Promise<Float32Array> {
  const session = await leaseUnderPlan(model, purposes.logitsAt, null)
  try {
    const feeds = { input_ids: int64Tensor(ids, [1, ids.length]), places: int64Tensor(places, [places.length]) }
    const logits = floatOutput(await session.run(feeds), 'logits')
    requireFinite(model, logits, 'The logits')
    return logits
  } finally {
    await session.release()
  }
}

/**
 * Tokens of a text, and for each slot the token after which its number would stand. Where a vocabulary joins a tab and the word that now stands
 * in a slot, the text is cut at the slots: what a number would follow is the tab alone.
 */
function layOut(tokenizer: Tokenizer, text: string, slots: readonly number[], before: number) {
  const head = [...tokenizer.template.before]
  const cuts = [0, ...slots.map((slot) => slot - before), text.length]
  const whole = encodeLiteral(tokenizer, text, [[0, text.length]])
  const starts = new Map(whole.spans.map(([start], at) => [start, at]))
  if (slots.every((slot) => starts.has(slot - before))) {
    const places = slots.map((slot) => head.length + starts.get(slot - before)! - 1)
    return { ids: [...head, ...whole.ids], places }
  }
  const ids = head
  const places: number[] = []
  for (let part = 0; part + 1 < cuts.length; part++) {
    if (part > 0) places.push(ids.length - 1)
    const piece = text.slice(cuts[part], cuts[part + 1])
    ids.push(...encodeLiteral(tokenizer, piece, [[0, piece.length]]).ids)
  }
  return { ids, places }
}
