import type { ExportFormat, ExportTiming, Verification } from '../../../contract/engine-host.ts'
import type { Plan } from '../../../contract/files.ts'
import { createRandom, deriveSeed } from '../../../core/stats/random.ts'
import type { OpenModel } from '../model/open-model.ts'
import { floatOutput, int64Tensor, purposes } from '../sessions/model-sessions.ts'
import { planFeeds, silencedBy, underPlan } from '../sessions/plan-feeds.ts'
import { createSession, runSession, type SessionSettings } from '../sessions/session.ts'
import { logSumExp } from './logits.ts'
import { requireFinite } from './not-finite.ts'
import { reloadExport, type CachedModel, type Logits } from './reload-export.ts'
import { largestDifference, likeliest, Stopwatch } from './compare-logits.ts'
import { betweenBatches } from './steps.ts'
import { verifyEncoder } from './verify-encoder.ts'

/** Tokens of each compared sequence, and greedy tokens: enough to see every layer and position at work. */
const comparedLength = 128
const greedyLength = 24
const randomSequences = 3
const compactTolerance = 1e-5

export interface WrittenExport {
  readonly plan: Plan
  readonly realisation: 'zeroed' | 'compact'
  readonly format: ExportFormat
  /** The .onnx file, or the folder. */
  readonly path: string
}

/**
 * Reloads an export and compares it with the masked session: logits and losses of three sequences of seeded random tokens and
 * of the masked model's own greedy text. Zeroed must agree bit for bit on the CPU; compact, and neurons fixed at their means, within 1e-5 nats
 * per token and within 1e-5 of the largest |logit|. A folder's greedy text comes out of its cache. Models that continue no text: verify-encoder.ts.
 */
export async function verifyExport(
  model: OpenModel,
  written: WrittenExport,
  signal: AbortSignal | undefined,
): Promise<{ verification: Verification; timing: ExportTiming }> {
  const { plan, realisation, format, path } = written
  const { objective } = model.shape
  // Weights stay in the files on both sides: a repacked copy would take twice the model's size in memory.
  const settings: SessionSettings = {
    ...model.sessions.settings,
    prepacking: false,
    // Nodes of other programs run as they are written: what is fused around a mask is not what is fused without it.
    ...(model.foreign ? { optimisation: 'basic' as const } : {}),
  }
  const exact = realisation === 'zeroed' && plan.replacement === 'zero' && settings.provider === 'cpu'
  if (objective !== 'causal') return verifyEncoder(model, written, exact ? 0 : compactTolerance, settings, signal)
  const masked = await openMasked(model, plan, settings)
  const opened = [masked]
  try {
    const reloaded = await reloadExport(format, path, model, settings)
    opened.push(reloaded)
    const maskedTimes = new Stopwatch()
    const exportedTimes = new Stopwatch()
    const ofMasked: Logits = async (ids) => {
      await betweenBatches(signal)
      const logits = await maskedTimes.time(ids.length, () => masked.logits(ids))
      requireFinite(model, logits, 'The logits')
      return logits
    }
    const ofExported: Logits = async (ids) => {
      await betweenBatches(signal)
      return exportedTimes.time(ids.length, () => reloaded.logits(ids))
    }
    const { vocabularySize, contextLength } = model.shape
    const random = createRandom(deriveSeed(0, 'verification'))
    const length = Math.min(comparedLength, contextLength)
    const start = [random.integer(vocabularySize)]
    const greedySteps = Math.min(greedyLength, contextLength - 1)
    const greedyMasked = await greedy(ofMasked, start, greedySteps, vocabularySize)
    const greedyExported =
      reloaded.cached === null
        ? await greedy(ofExported, start, greedySteps, vocabularySize)
        : await greedyWithCache(reloaded.cached, start, greedySteps, signal)
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
      for (const logit of a) largestLogit = Math.max(largestLogit, Math.abs(logit))
      maxAbsLogit = Math.max(maxAbsLogit, largestDifference(a, b))
      maxAbsLossNats = Math.max(maxAbsLossNats, largestLossDifference(ids, a, b, vocabularySize))
    }
    const padded = reloaded.cached && (await paddedDifference(reloaded.cached, ofMasked, greedyMasked, sequences[1]!))
    const sameGreedyText = greedyMasked.every((id, i) => id === greedyExported[i])
    const tolerance = exact ? 0 : compactTolerance
    const agrees = maxAbsLogit <= tolerance * largestLogit && maxAbsLossNats <= tolerance && sameGreedyText
    const verification: Verification = {
      passed: agrees && (padded === null || padded <= compactTolerance * largestLogit),
      maxAbsLogit,
      largestLogit,
      maxAbsLossNats,
      sameGreedyText,
      comparedTokens: sequences.reduce((sum, ids) => sum + ids.length, 0),
      tolerance,
      ...(padded === null ? {} : { maxAbsPaddedLogit: padded }),
    }
    const timing = { maskedMsPerToken: maskedTimes.best, exportedMsPerToken: exportedTimes.best, tokens: length }
    return { verification, timing }
  } finally {
    for (const one of opened) await one.release()
  }
}

async function openMasked(model: OpenModel, plan: Plan, settings: SessionSettings) {
  const feeds = planFeeds(model, plan)
  const graph = model.graphs.bytes(underPlan(model, purposes.logits, plan), silencedBy(model, plan)?.silenced)
  const session = await createSession(graph, model.weights.folder, settings)
  const logits: Logits = async (ids) =>
    floatOutput(await runSession(session, { input_ids: int64Tensor(ids, [1, ids.length]), ...feeds }), 'logits')
  return { logits, release: () => session.release() }
}

async function greedy(
  logitsOf: Logits,
  start: readonly number[],
  steps: number,
  vocabularySize: number,
): Promise<number[]> {
  const ids = [...start]
  for (let step = 0; step < steps; step++) {
    const logits = await logitsOf(ids)
    ids.push(likeliest(logits.subarray((ids.length - 1) * vocabularySize)))
  }
  return ids
}

async function greedyWithCache(
  cached: CachedModel,
  start: readonly number[],
  steps: number,
  signal: AbortSignal | undefined,
): Promise<number[]> {
  const ids = [...start]
  let state = cached.start([start.map(() => 1)])
  let step: readonly number[] = start
  while (ids.length < start.length + steps) {
    await betweenBatches(signal)
    const { logits, entries } = await cached.step([step], state)
    ids.push(likeliest(logits.subarray(logits.length - cached.vocabulary)))
    state = cached.grown(state, entries)
    step = ids.slice(-1)
  }
  return ids
}

/**
 * Two sequences of different lengths in one batch, the shorter padded on the left, all but their last tokens first and the last
 * ones after them with the cache: the largest difference from each of them alone in the masked session.
 */
async function paddedDifference(
  cached: CachedModel,
  ofMasked: Logits,
  text: readonly number[],
  randomIds: readonly number[],
): Promise<number> {
  const { vocabulary } = cached
  if (text.length < 3) return 0
  const shorter = randomIds.slice(0, Math.ceil(text.length / 2))
  const rows = [text, shorter]
  const padding = text.length - shorter.length
  const mask = [text.map(() => 1), [...Array.from({ length: padding }, () => 0), ...shorter.map(() => 1)]]
  const padded = [text, [...Array.from({ length: padding }, () => 0), ...shorter]]
  const before = cached.start(mask.map((row) => row.slice(0, -1)))
  const first = await cached.step(
    padded.map((row) => row.slice(0, -1)),
    before,
  )
  const last = await cached.step(
    padded.map((row) => row.slice(-1)),
    cached.grown(before, first.entries),
  )
  let largest = 0
  const width = text.length - 1
  for (const [row, ids] of rows.entries()) {
    const alone = await ofMasked(ids)
    const end = (row + 1) * width * vocabulary
    const together = first.logits.subarray(end - (ids.length - 1) * vocabulary, end)
    largest = Math.max(largest, largestDifference(alone.subarray(0, together.length), together))
    const step = last.logits.subarray(row * vocabulary, (row + 1) * vocabulary)
    largest = Math.max(largest, largestDifference(alone.subarray(together.length), step))
  }
  return largest
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
