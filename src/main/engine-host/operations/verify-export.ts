import { dirname } from 'node:path'
import type { InferenceSession } from 'onnxruntime-node'
import type { Verification } from '../../../contract/engine-host.ts'
import type { Plan } from '../../../contract/files.ts'
import { createRandom, deriveSeed } from '../../../core/stats/random.ts'
import { masksOf, type OpenModel } from '../model/open-model.ts'
import { floatOutput, int64Tensor, maskFeeds, purposes } from '../sessions/model-sessions.ts'
import { createSession, runSession } from '../sessions/session.ts'
import { logSumExp } from './logits.ts'
import { requireFinite } from './not-finite.ts'
import { betweenBatches } from './steps.ts'

/** Tokens of each compared sequence, and greedy tokens: enough to see every layer and position at work. */
const comparedLength = 128
const greedyLength = 24
const randomSequences = 3
const compactTolerance = 1e-5

type Logits = (ids: readonly number[]) => Promise<Float32Array>

/**
 * Reloads an exported file and compares it with the masked session: logits and losses of three sequences of seeded random tokens and
 * of the masked model's own greedy text. Zeroed must agree bit for bit on the CPU; compact within 1e-5 nats per token and within 1e-5 of the
 * largest |logit|.
 */
export async function verifyExport(
  model: OpenModel,
  plan: Plan,
  realisation: 'zeroed' | 'compact',
  path: string,
  signal: AbortSignal | undefined,
): Promise<Verification> {
  // Weights stay in the files on both sides: a repacked copy would take twice the model's size in memory.
  const settings = { ...model.sessions.settings, prepacking: false }
  const exact = realisation === 'zeroed' && settings.provider === 'cpu'
  const masks = maskFeeds(masksOf(model, plan))
  const opened: InferenceSession[] = []
  const open = async (graph: Uint8Array | string, weightFolder: string) => {
    const session = await createSession(graph, weightFolder, settings)
    opened.push(session)
    return session
  }
  try {
    const masked = await open(model.graphs.bytes(purposes.logits), model.weights.folder)
    const exported = await open(path, dirname(path))
    const run =
      (session: InferenceSession, feeds: typeof masks): Logits =>
      async (ids) => {
        await betweenBatches(signal)
        return floatOutput(
          await runSession(session, { input_ids: int64Tensor(ids, [1, ids.length]), ...feeds }),
          'logits',
        )
      }
    const runMasked = run(masked, masks)
    const ofMasked: Logits = async (ids) => {
      const logits = await runMasked(ids)
      requireFinite(model, logits, 'The logits')
      return logits
    }
    const ofExported = run(exported, {})
    const { vocabularySize, contextLength } = model.shape
    const random = createRandom(deriveSeed(0, 'verification'))
    const length = Math.min(comparedLength, contextLength)
    const start = [random.integer(vocabularySize)]
    const greedySteps = Math.min(greedyLength, contextLength - 1)
    const greedyMasked = await greedy(ofMasked, start, greedySteps, vocabularySize)
    const greedyExported = await greedy(ofExported, start, greedySteps, vocabularySize)
    const sequences = [greedyMasked]
    for (let i = 0; i < randomSequences; i++) {
      sequences.push(Array.from({ length }, () => random.integer(vocabularySize)))
    }
    let maxAbsLogit = 0
    let maxAbsLossNats = 0
    let largestLogit = 0
    for (const ids of sequences) {
      const a = await ofMasked(ids)
      const b = await ofExported(ids)
      for (let i = 0; i < a.length; i++) {
        const difference = Math.abs(a[i]! - b[i]!)
        // A NaN on either side must not pass for equal.
        if (!(difference <= maxAbsLogit)) maxAbsLogit = Number.isNaN(difference) ? Infinity : difference
        largestLogit = Math.max(largestLogit, Math.abs(a[i]!))
      }
      maxAbsLossNats = Math.max(maxAbsLossNats, largestLossDifference(ids, a, b, vocabularySize))
    }
    const sameGreedyText = greedyMasked.every((id, i) => id === greedyExported[i])
    const tolerance = exact ? 0 : compactTolerance
    return {
      passed: maxAbsLogit <= tolerance * largestLogit && maxAbsLossNats <= tolerance && sameGreedyText,
      maxAbsLogit,
      largestLogit,
      maxAbsLossNats,
      sameGreedyText,
      comparedTokens: sequences.reduce((sum, ids) => sum + ids.length, 0),
      tolerance,
    }
  } finally {
    for (const session of opened) await session.release()
  }
}

async function greedy(
  logitsOf: Logits,
  start: readonly number[],
  steps: number,
  vocabularySize: number,
): Promise<number[]> {
  const ids = [...start]
  for (let step = 0; step < steps; step++) {
    const last = (await logitsOf(ids)).subarray((ids.length - 1) * vocabularySize)
    let best = 0
    for (let i = 1; i < last.length; i++) if (last[i]! > last[best]!) best = i
    ids.push(best)
  }
  return ids
}

function largestLossDifference(
  ids: readonly number[],
  a: Float32Array,
  b: Float32Array,
  vocabularySize: number,
): number {
  let largest = 0
  for (let position = 0; position + 1 < ids.length; position++) {
    const from = position * vocabularySize
    const target = ids[position + 1]!
    const lossOf = (logits: Float32Array) => {
      const row = logits.subarray(from, from + vocabularySize)
      return logSumExp(row) - row[target]!
    }
    const difference = Math.abs(lossOf(a) - lossOf(b))
    if (!(difference <= largest)) largest = Number.isNaN(difference) ? Infinity : difference
  }
  return largest
}
