import type { ModelCard } from '../../../contract/workbench/model.ts'
import type { z } from 'zod'
import type { memoryEstimateSchema } from '../../../contract/workbench/model.ts'

export type MemoryEstimate = z.infer<typeof memoryEstimateSchema>

const f32 = 4
const mebibyte = 1024 * 1024
/** The engine's process with ONNX Runtime loaded, a tokenizer and some work done, and no model. */
const processBytes = 200 * mebibyte
/** Batches as the engine cuts them: tokens of a recording, logits of a batch of losses, tokens of a verification. */
const recordTokens = 512
const recordActivationElements = 64 * mebibyte
const lossLogitElements = 32 * mebibyte
const verificationTokens = 128
const window = 64

/**
 * Peak memory of the engine by purpose, in bytes, from what the headers say. With P parameters (B of them inside blocks),
 * W bytes of weights, N neurons, V tokens in the vocabulary, d the width, i the widest sublayer:
 *
 * - every purpose: the process, 200 MiB, and W (the mapped file, which the system may drop and read again);
 * - a session that runs fast holds its matrices repacked as f32 beside the map: 4 B, and 4 V d more where logits are made;
 * - record: 4 B; per neuron 5 sums, 20 top windows with their activations, 1,000 sampled maxima, 64 bins (5,016 bytes);
 *   a batch of t = 512 tokens (less when N is large: at most 256 MiB): 4 t N of activations, 4 t (4 i + 8 d) in between;
 * - evaluate: 4 (B + V d); a batch of t <= 1,024 tokens (at most 128 MiB of logits): 3 times its logits, 4 t (4 i + 8 d);
 * - generate: 4 (B + V d); keys and values of the whole context, twice (old and new); one row of logits;
 * - export: two sessions that are not repacked (4 P more for each when the weights are not f32), logits of 128 tokens 10
 *   times: those of both sides, and those before them that are not collected yet.
 */
export function estimateMemory(card: ModelCard, freeBytes: number): MemoryEstimate {
  const { parameters, weightBytes, width, vocabularySize, contextLength, headWidth } = card
  const headElements = vocabularySize * width
  const blockElements = Math.max(0, parameters - (card.tiedHead ? 1 : 2) * headElements)
  const neurons = sum(card.neurons.mlp) + sum(card.neurons.attention)
  const widest = Math.max(width, ...card.neurons.mlp, ...card.neurons.attention)
  const between = (tokens: number) => f32 * tokens * (4 * widest + 8 * width)
  const base = processBytes + weightBytes

  const recorded = Math.min(recordTokens, Math.max(window, Math.floor(recordActivationElements / Math.max(1, neurons))))
  const perNeuron = 5 * 8 + 20 * (4 + 4 + 2 * window) + 2 * 1000 + 4 * 64
  const record = base + f32 * blockElements + neurons * (perNeuron + f32 * recorded) + between(recorded)

  const measured = Math.min(1024, Math.max(64, Math.floor(lossLogitElements / vocabularySize)))
  const sessionWithHead = base + f32 * (blockElements + headElements)
  const evaluate = sessionWithHead + 3 * f32 * measured * vocabularySize + between(measured)

  const cache = 2 * f32 * sum(card.keyValueHeadCounts) * headWidth * contextLength
  const generate = sessionWithHead + 2 * cache + f32 * vocabularySize + between(window)

  const widened = card.weightTypes.every((type) => type === 'F32') ? 0 : f32 * parameters
  const verified = Math.min(verificationTokens, contextLength)
  const exported = base + weightBytes + 2 * widened + 10 * f32 * verified * vocabularySize + between(verified)

  const purposes = Object.entries({ record, evaluate, generate, export: exported })
  return { freeBytes, purposes: purposes.map(([purpose, bytes]) => ({ purpose, bytes, fits: bytes <= freeBytes })) }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
