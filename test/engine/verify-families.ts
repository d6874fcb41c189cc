import { join } from 'node:path'
import type { NeuronId } from '../../src/contract/neuron.ts'
import { architectures } from '../../src/core/architectures/registry.ts'
import type { OpenModel } from '../../src/main/engine-host/model/open-model.ts'
import { causalFamilies, imageFamilies, maskedFamilies } from '../support/models/family-folders.ts'
import { readReference, referenceCases } from '../support/models/reference-cases.ts'
import { logitsUnder, pixelFeeds, textFeeds, type Feeds } from './encoder-model.ts'
import { cachedLogits, logitsOf, lossesOf, openFamily } from './family-model.ts'
import { hardPlans, logitsOfBytes, logitsOfFeeds, realisedBytes, realiseWithout } from './realised-model.ts'

/** A checkpoint with what the reference says of one sequence, with nothing and with some neurons removed. */
interface RecordedCase {
  readonly name: string
  readonly modelType: unknown
  readonly ids: readonly number[]
  readonly answers: readonly {
    readonly neurons: readonly NeuronId[]
    readonly logprobs: readonly number[]
    readonly lastLogits: ArrayLike<number>
  }[]
  /** Its folder; made below `work` where the checkpoint is not kept. */
  folder(work: string): string
}

export const checks = ['forward', 'masks', 'cache', 'zeroed', 'compact'] as const
export type Check = (typeof checks)[number]

export interface VerifiedCase {
  readonly name: string
  readonly modelType: unknown
  /** Largest difference of each check as a multiple of what is allowed: 1 and below has passed. */
  readonly ratios: Readonly<Partial<Record<Check, number>>>
}

/** Recorded cases by family, and the checks that they can be put through: what reads in both directions has no cache. */
export function recordedFamilies(): Map<unknown, { names: string[]; checks: readonly Check[] }> {
  const families = new Map<unknown, { names: string[]; checks: readonly Check[] }>()
  const add = (cases: readonly { name: string; modelType: unknown }[], own: readonly Check[]) => {
    for (const { name, modelType } of cases) {
      const known = families.get(modelType) ?? { names: [], checks: own }
      known.names.push(name)
      families.set(modelType, known)
    }
  }
  add(recordedCases(), checks)
  const withoutCache = checks.filter((check) => check !== 'cache')
  add(encoderCases(), withoutCache)
  return families
}

/** Runs every recorded checkpoint of every family through the checks. `work` is a folder for those that are made anew. */
export async function verifyFamilies(work: string): Promise<VerifiedCase[]> {
  const verified: VerifiedCase[] = []
  for (const recorded of recordedCases()) {
    const model = await openFamily(recorded.folder(work))
    verified.push({ name: recorded.name, modelType: recorded.modelType, ratios: await runChecks(model, recorded) })
    await model.sessions.release()
  }
  for (const recorded of encoderCases()) {
    const model = await openFamily(recorded.directory)
    const ratios = await encoderChecks(model, recorded)
    verified.push({ name: recorded.name, modelType: recorded.modelType, ratios })
    await model.sessions.release()
  }
  return verified
}

/** The table of docs/models.md: a row for each family of the registry, statuses from what was verified. */
export function familyTable(verified: readonly VerifiedCase[]): string {
  const rows = architectures.map(({ id, name, citation }) => {
    const own = verified.filter(({ modelType }) => modelType === id)
    const cells = checks.map((check) => {
      const worst = own.reduce((largest, { ratios }) => Math.max(largest, ratios[check] ?? 0), 0)
      if (own.length === 0) return 'not verified'
      if (own.every(({ ratios }) => ratios[check] === undefined)) return 'has none'
      return worst <= 1 ? 'passed' : `FAILED (${worst.toPrecision(2)} x what is allowed)`
    })
    return [name, `\`${id}\``, citation, own.map((one) => one.name).join(', '), ...cells]
  })
  const head = ['family', 'model_type', 'described in', 'recorded checkpoints', ...checks]
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

async function runChecks(model: OpenModel, { ids, answers }: RecordedCase): Promise<Record<Check, number>> {
  const toReference = async ({ neurons, logprobs, lastLogits }: RecordedCase['answers'][number]) => {
    const logits = await logitsOf(model, ids, neurons)
    const losses = await lossesOf(model, ids, neurons)
    const last = logits.subarray(logits.length - lastLogits.length)
    return (
      Math.max(
        furthest(last, lastLogits),
        furthest(
          losses,
          logprobs.map((value) => -value),
        ),
      ) / 1e-4
    )
  }
  const whole = await logitsOf(model, ids, [])
  const vocabulary = model.shape.vocabularySize
  const cached = await cachedLogits(model, ids, 3)
  const ratios: Record<Check, number> = { forward: 0, masks: 0, cache: 0, zeroed: 0, compact: 0 }
  for (const answer of answers) {
    const check = answer.neurons.length === 0 ? 'forward' : 'masks'
    ratios[check] = Math.max(ratios[check], await toReference(answer))
  }
  for (const [at, row] of cached.entries()) {
    const uncached = whole.subarray((at + 2) * vocabulary, (at + 3) * vocabulary)
    ratios.cache = Math.max(ratios.cache, furthest(row, uncached) / 1e-4)
  }
  for (const neurons of Object.values(hardPlans(model))) {
    const masked = await logitsOf(model, ids, neurons)
    const largest = masked.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
    for (const realisation of ['zeroed', 'compact'] as const) {
      const bytes = realisedBytes(model, realiseWithout(model, neurons, realisation))
      const difference = furthest(await logitsOfBytes(bytes, ids), masked)
      const allowed = realisation === 'zeroed' ? 0 : 1e-5 * largest
      const ratio = difference === 0 ? 0 : difference / allowed
      ratios[realisation] = Math.max(ratios[realisation], ratio)
    }
  }
  return ratios
}

/** A recorded batch of an encoder: what it is run on, and what the reference says of the rows that mean something. */
interface EncoderCase {
  readonly name: string
  readonly modelType: unknown
  readonly directory: string
  readonly feeds: Feeds
  readonly answers: readonly { readonly neurons: readonly NeuronId[]; readonly logits: readonly Float32Array[] }[]
}

function encoderCases(): EncoderCase[] {
  const texts = maskedFamilies().map((family): EncoderCase => {
    const lengths = family.attentionMask.map((mask) => mask.filter((bit) => bit === 1).length)
    const answers = family.results.map(({ neurons, logits }) => ({
      neurons,
      logits: logits.map((row, at) => row.map((logit, i) => (i < lengths[at]! * family.vocabularySize ? logit : NaN))),
    }))
    return { ...family, modelType: family.config['model_type'], feeds: textFeeds(family), answers }
  })
  const images = imageFamilies().map((family): EncoderCase => {
    return { ...family, modelType: family.config['model_type'], feeds: pixelFeeds(family), answers: family.results }
  })
  return [...texts, ...images]
}

async function encoderChecks(model: OpenModel, { feeds, answers }: EncoderCase): Promise<VerifiedCase['ratios']> {
  const ratios = { forward: 0, masks: 0, zeroed: 0, compact: 0 }
  for (const { neurons, logits } of answers) {
    const expected = logits.flatMap((row) => [...row])
    const found = [...(await logitsUnder(model, feeds, neurons))]
    const counted = expected.flatMap((logit, at) => (Number.isNaN(logit) ? [] : [at]))
    const difference = furthest(
      counted.map((at) => found[at]!),
      counted.map((at) => expected[at]!),
    )
    const check = neurons.length === 0 ? 'forward' : 'masks'
    ratios[check] = Math.max(ratios[check], difference / 1e-4)
  }
  for (const neurons of Object.values(hardPlans(model))) {
    const masked = await logitsUnder(model, feeds, neurons)
    const largest = masked.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
    for (const realisation of ['zeroed', 'compact'] as const) {
      const bytes = realisedBytes(model, realiseWithout(model, neurons, realisation))
      const difference = furthest(await logitsOfFeeds(bytes, feeds), masked)
      const allowed = realisation === 'zeroed' ? 0 : 1e-5 * largest
      ratios[realisation] = Math.max(ratios[realisation], difference === 0 ? 0 : difference / allowed)
    }
  }
  return ratios
}

function recordedCases(): RecordedCase[] {
  const made = referenceCases.map((reference): RecordedCase => {
    const { name } = reference
    const { ids, logprobs, lastLogits, masked } = readReference(reference)
    const silenced = masked.filter(({ values }) => values === undefined)
    return {
      name,
      modelType: name.slice(0, name.indexOf('-')),
      ids,
      answers: [{ neurons: [], logprobs, lastLogits }, ...silenced],
      folder: (work) => reference.make(join(work, name)).directory,
    }
  })
  const kept = causalFamilies().map((family): RecordedCase => {
    const answers = family.results.map(({ neurons, logits, logprobs }) => ({
      neurons,
      logprobs: logprobs[0]!,
      lastLogits: logits[0]!.subarray(logits[0]!.length - family.vocabularySize),
    }))
    const { name, config, directory } = family
    return { name, modelType: config['model_type'], ids: family.sequences[0]!, answers, folder: () => directory }
  })
  return [...made, ...kept]
}

function furthest(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Infinity
  let largest = 0
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i]! - b[i]!)
    if (!(difference <= largest)) largest = Number.isNaN(difference) ? Infinity : difference
  }
  return largest
}
