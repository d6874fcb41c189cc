import * as ort from 'onnxruntime-node'
import type { ExportTiming, Verification } from '../../../contract/engine-host.ts'
import { pixelInput } from '../../../core/onnx/input-nodes.ts'
import { createRandom, deriveSeed, type Random } from '../../../core/stats/random.ts'
import type { OpenModel } from '../model/open-model.ts'
import { floatOutput, purposes } from '../sessions/model-sessions.ts'
import { planFeeds, silencedBy, underPlan } from '../sessions/plan-feeds.ts'
import { createSession, runSession, type SessionSettings } from '../sessions/session.ts'
import { tokenFeeds } from '../sessions/token-feeds.ts'
import { largestDifference, likeliest, Stopwatch } from './compare-logits.ts'
import { logSumExp } from './logits.ts'
import { requireFinite } from './not-finite.ts'
import { reloadSession } from './reload-export.ts'
import { betweenBatches } from './steps.ts'
import type { WrittenExport } from './verify-export.ts'

/** Tokens of each compared text, and how many texts or images there are. */
const longestText = 128
const comparedInputs = 4
const paddedTolerance = 1e-5

type Feeds = Record<string, ort.Tensor>

/** What both sides are run on: the feeds, and how many tokens or patches they are. */
interface Compared {
  readonly feeds: Feeds
  readonly tokens: number
}

/**
 * Compares an export of a masked language model or a classifier of images with its masked session: logits of seeded random tokens or pixels, the
 * losses of the likeliest answers, and those answers themselves, which stand in the place of greedy text. Texts are compared in one padded batch,
 * too, with what each of them gives alone.
 */
export async function verifyEncoder(
  model: OpenModel,
  { plan, format, path }: WrittenExport,
  tolerance: number,
  settings: SessionSettings,
  signal: AbortSignal | undefined,
): Promise<{ verification: Verification; timing: ExportTiming }> {
  const planned = planFeeds(model, plan)
  const graph = model.graphs.bytes(underPlan(model, purposes.logits, plan), silencedBy(model, plan)?.silenced)
  const masked = await createSession(graph, model.weights.folder, settings)
  const opened: { release(): Promise<void> }[] = [masked]
  try {
    const reloaded = await reloadSession(format, path, settings)
    opened.push(reloaded)
    const random = createRandom(deriveSeed(0, 'verification'))
    const width = model.shape.vocabularySize
    const runMasked = async (feeds: Feeds) => floatOutput(await runSession(masked, { ...feeds, ...planned }), 'logits')
    const times = { masked: new Stopwatch(), exported: new Stopwatch() }
    let maxAbsLogit = 0
    let maxAbsLossNats = 0
    let largestLogit = 0
    let sameAnswers = true
    const inputs = model.layout?.image ? imageInputs(model, random) : textInputs(model, random)
    for (const { feeds, tokens } of inputs) {
      await betweenBatches(signal)
      const a = await times.masked.time(tokens, () => runMasked(feeds))
      requireFinite(model, a, 'The logits')
      await betweenBatches(signal)
      const b = await times.exported.time(tokens, () => reloaded.run(feeds))
      for (const logit of a) largestLogit = Math.max(largestLogit, Math.abs(logit))
      maxAbsLogit = Math.max(maxAbsLogit, largestDifference(a, b))
      for (let row = 0; row < a.length; row += width) {
        const [own, other] = [a.subarray(row, row + width), b.subarray(row, row + width)]
        const answer = likeliest(own)
        sameAnswers &&= likeliest(other) === answer
        const difference = Math.abs(logSumExp(own) - own[answer]! - (logSumExp(other) - other[answer]!))
        maxAbsLossNats = Number.isNaN(difference) ? Infinity : Math.max(maxAbsLossNats, difference)
      }
    }
    const padded = model.layout?.image ? null : await paddedDifference(model, random, runMasked, (f) => reloaded.run(f))
    const agrees = maxAbsLogit <= tolerance * largestLogit && maxAbsLossNats <= tolerance && sameAnswers
    return {
      verification: {
        passed: agrees && (padded === null || padded <= paddedTolerance * largestLogit),
        maxAbsLogit,
        largestLogit,
        maxAbsLossNats,
        sameGreedyText: sameAnswers,
        comparedTokens: inputs.reduce((sum, { tokens }) => sum + tokens, 0),
        tolerance,
        ...(padded === null ? {} : { maxAbsPaddedLogit: padded }),
      },
      timing: {
        maskedMsPerToken: times.masked.best,
        exportedMsPerToken: times.exported.best,
        tokens: Math.max(...inputs.map(({ tokens }) => tokens)),
      },
    }
  } finally {
    for (const one of opened) await one.release()
  }
}

function randomIds({ shape }: OpenModel, random: Random, length: number): number[] {
  return Array.from({ length }, () => random.integer(shape.vocabularySize))
}

function textInputs(model: OpenModel, random: Random): Compared[] {
  const tokens = Math.min(longestText, model.shape.contextLength)
  return Array.from({ length: comparedInputs }, () => {
    return { feeds: tokenFeeds(model, randomIds(model, random, tokens), [1, tokens]), tokens }
  })
}

function imageInputs({ layout, shape }: OpenModel, random: Random): Compared[] {
  const { channels, height, width } = layout!.image!
  return Array.from({ length: comparedInputs }, () => {
    const pixels = Float32Array.from({ length: channels * height * width }, () => random.normal())
    return {
      feeds: { [pixelInput]: new ort.Tensor('float32', pixels, [1, channels, height, width]) },
      tokens: shape.contextLength,
    }
  })
}

/** Two texts of different lengths in one batch of the export, the shorter padded on its right, against each alone in the masked session. */
async function paddedDifference(
  model: OpenModel,
  random: Random,
  runMasked: (feeds: Feeds) => Promise<Float32Array>,
  runExported: (feeds: Feeds) => Promise<Float32Array>,
): Promise<number> {
  const length = Math.min(longestText, model.shape.contextLength)
  const lengths = [length, Math.ceil(length / 2)]
  const texts = lengths.map((own) => randomIds(model, random, own))
  const rows = texts.flatMap((ids) => [...ids, ...Array.from({ length: length - ids.length }, () => 0)])
  const together = await runExported(tokenFeeds(model, rows, [2, length], lengths))
  const width = model.shape.vocabularySize
  let largest = 0
  for (const [row, ids] of texts.entries()) {
    const alone = await runMasked(tokenFeeds(model, ids, [1, ids.length]))
    const start = row * length * width
    largest = Math.max(largest, largestDifference(alone, together.subarray(start, start + ids.length * width)))
  }
  return largest
}
