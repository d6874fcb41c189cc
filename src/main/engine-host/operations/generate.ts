import type * as ort from 'onnxruntime-node'
import type { Plan } from '../../../contract/files.ts'
import { requireObjective } from '../../../core/metrics/objective.ts'
import { createRandom, type Random } from '../../../core/stats/random.ts'
import type { DecoderStream } from '../../../core/tokenizer/tokenizer.ts'
import { emptyCache } from '../model/empty-cache.ts'
import type { OpenModel } from '../model/open-model.ts'
import { floatOutput, int64Tensor, purposes } from '../sessions/model-sessions.ts'
import { leaseUnderPlan } from '../sessions/plan-feeds.ts'
import { checkIds } from './logits.ts'
import { requireFinite } from './not-finite.ts'
import { objectiveFacts } from './objective-facts.ts'
import { betweenBatches } from './steps.ts'

export interface GenerationSettings {
  readonly maxNewTokens: number
  /** 0 is greedy. */
  readonly temperature: number
  readonly seed: number
  /** Draws are from the likeliest tokens whose probabilities reach this together; all of them, when left out. */
  readonly topP?: number
  /** Tokens that end the text besides the tokenizer's end token. They are among the ids and not in the text. */
  readonly stopIds?: readonly number[]
}

/**
 * Continues a sequence token by token with a key-value cache, or, where the model has none, by its whole sequence anew. Greedy takes the first of equal logits. Stops after
 * `maxNewTokens`, at the tokenizer's end token, or when the context is full. Returns the new ids
 * and their text as it follows the prompt's.
 */
export async function* generate(
  model: OpenModel,
  prompt: readonly number[],
  plan: Plan | null,
  settings: GenerationSettings,
  signal: AbortSignal | undefined,
) {
  requireObjective(objectiveFacts(model), 'causal', 'Continuing a text')
  checkIds(model, prompt, 'The prompt')
  const hasCache = model.graphs.supports(purposes.generate)
  const session = await leaseUnderPlan(model, hasCache ? purposes.generate : purposes.lastLogits, plan)
  try {
    const random = createRandom(settings.seed)
    const decoder = decoderAfter(model, prompt)
    const stops = new Set(settings.stopIds)
    const newIds: number[] = []
    let text = ''
    let cache = emptyCache(model.graphs)
    let step: readonly number[] = prompt
    let past = 0
    while (newIds.length < settings.maxNewTokens && past + step.length <= model.shape.contextLength) {
      await betweenBatches(signal)
      const ids = int64Tensor(step, [1, step.length])
      const feeds = hasCache ? { input_ids: ids, past_length: int64Tensor([past], []), ...cache } : { input_ids: ids }
      const results = await session.run(feeds)
      const logits = floatOutput(results, 'logits')
      requireFinite(model, logits, 'The logits')
      const id = chooseToken(logits, settings.temperature, random, settings.topP)
      newIds.push(id)
      const ready = stops.has(id) ? '' : decoder.push(id)
      text += ready
      yield { kind: 'token' as const, id, text: ready }
      if (id === model.tokenizer.specialIds.eos || stops.has(id)) break
      if (hasCache) {
        past += step.length
        step = [id]
        cache = nextCache(results)
      } else step = [...step, id]
    }
    const rest = decoder.end()
    if (rest !== '') yield { kind: 'token' as const, id: newIds.at(-1) ?? 0, text: rest }
    return { ids: newIds, text: text + rest }
  } finally {
    await session.release()
  }
}

/** A decoder that has read the prompt: a continuation is not the start of a text, so its leading space is its own. */
function decoderAfter(model: OpenModel, prompt: readonly number[]): DecoderStream {
  const decoder = model.tokenizer.createDecoderStream({ skipSpecialTokens: true })
  for (const id of prompt) decoder.push(id)
  decoder.end()
  return decoder
}

/** The greedy choice at temperature 0, else a draw from softmax(logits / temperature), of the likeliest that reach `topP` together. */
export function chooseToken(logits: Float32Array, temperature: number, random: Random, topP = 1): number {
  let best = 0
  for (let i = 1; i < logits.length; i++) if (logits[i]! > logits[best]!) best = i
  if (temperature === 0) return best
  const largest = logits[best]!
  const weights = new Float64Array(logits.length)
  let total = 0
  for (let i = 0; i < logits.length; i++) {
    weights[i] = Math.exp((logits[i]! - largest) / temperature)
    total += weights[i]!
  }
  if (topP < 1) total = keepLikeliest(weights, topP * total)
  let left = random.uniform() * total
  for (let i = 0; i < weights.length; i++) {
    left -= weights[i]!
    if (left < 0) return i
  }
  return best
}

/** Sets all weights to 0 but the greatest ones whose sum reaches `enough`; returns that sum. */
function keepLikeliest(weights: Float64Array, enough: number): number {
  const order = [...weights.keys()].toSorted((a, b) => weights[b]! - weights[a]! || a - b)
  let sum = 0
  for (const at of order) {
    if (sum >= enough) weights[at] = 0
    else sum += weights[at]!
  }
  return sum
}

function nextCache(results: ort.InferenceSession.OnnxValueMapType): Record<string, ort.Tensor> {
  const cache: Record<string, ort.Tensor> = {}
  for (const [name, value] of Object.entries(results)) {
    if (name.startsWith('present.')) cache[name.replace('present.', 'past.')] = value
  }
  return cache
}
