import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseNeuron, type NeuronId } from '../../src/contract/neuron.ts'
import { logSumExp } from '../../src/main/engine-host/operations/logits.ts'
import type { OpenModel } from '../../src/main/engine-host/model/open-model.ts'
import { floatOutput, purposes } from '../../src/main/engine-host/sessions/model-sessions.ts'
import { imageFamilies, maskedFamilies } from '../support/models/family-folders.ts'
import { logitsUnder, pixelFeeds, textFeeds, type Feeds } from './encoder-model.ts'
import { largestDifference } from './expectations.ts'
import { openFamily } from './family-model.ts'
import { hardPlans, logitsOfFeeds, realisedBytes, realiseWithout } from './realised-model.ts'

/** Agreement with what PyTorch computes in float64, in logits, nats and activations. */
const tolerance = 1e-4

/** Activations of the first row at every position, as the reference lists them. */
async function expectActivations(
  model: OpenModel,
  feeds: Feeds,
  activations: Readonly<Record<NeuronId, readonly number[]>>,
) {
  const session = await model.sessions.get(purposes.activations)
  const results = await session.run(feeds)
  for (const [id, expected] of Object.entries(activations)) {
    const { site, layer, index } = parseNeuron(id)!
    const width = model.shape.neurons[site][layer]!
    const all = floatOutput(results, `${site}.${layer}.activations`)
    const found = expected.map((_, token) => all[token * width + index]!)
    expect(largestDifference(found, expected), id).toBeLessThan(tolerance)
  }
}

/** Zeroed bit for bit, compact within 1e-5 of the largest logit, for every hard plan, by the files' own graphs. */
async function expectExact(model: OpenModel, feeds: Feeds, largestLogit: number) {
  for (const [what, neurons] of Object.entries(hardPlans(model))) {
    const masked = await logitsUnder(model, feeds, neurons)
    for (const realisation of ['zeroed', 'compact'] as const) {
      const bytes = realisedBytes(model, realiseWithout(model, neurons, realisation))
      const difference = largestDifference(await logitsOfFeeds(bytes, feeds), masked)
      const limit = realisation === 'zeroed' ? 0 : 1e-5 * largestLogit
      expect(difference, `${what}, ${realisation}`).toBeLessThanOrEqual(limit)
    }
  }
}

describe.each(maskedFamilies().map((family) => [family.name, family] as const))('the reference of %s', (_, family) => {
  const feeds = textFeeds(family)
  const width = family.ids[0]!.length
  let model: OpenModel

  beforeAll(async () => {
    model = await openFamily(family.directory)
  })
  afterAll(() => model.sessions.release())

  test('has the same neurons', () => {
    expect(model.shape.neurons).toEqual(family.neurons)
    expect(model.shape.objective).toBe('masked')
  })

  test.each(family.results)(
    'has the same logits where there is no padding, and losses, with $name removed',
    async (result) => {
      const vocabulary = family.vocabularySize
      const logits = await logitsUnder(model, feeds, result.neurons)
      for (const [row, mask] of family.attentionMask.entries()) {
        const own = logits.subarray(row * width * vocabulary, (row + 1) * width * vocabulary)
        const valid = mask.filter((bit) => bit === 1).length * vocabulary
        const expected = result.logits[row]!.subarray(0, valid)
        expect(largestDifference(own.subarray(0, valid), expected)).toBeLessThan(tolerance)
        const asked = family.labels[row]!.flatMap((label, at) => (label < 0 ? [] : [{ label, at }]))
        const logprobs = asked.map(({ label, at }) => {
          const token = own.subarray(at * vocabulary, (at + 1) * vocabulary)
          return token[label]! - logSumExp(token)
        })
        expect(largestDifference(logprobs, result.logprobs[row]!)).toBeLessThan(tolerance)
      }
    },
  )

  test('has the same activations', () => expectActivations(model, feeds, family.activations))

  test('pruned equals its masked self: zeroed bit for bit, compact within 1e-5', () =>
    expectExact(model, feeds, family.largestLogit))
})

describe.each(imageFamilies().map((family) => [family.name, family] as const))('the reference of %s', (_, family) => {
  const feeds = pixelFeeds(family)
  let model: OpenModel

  beforeAll(async () => {
    model = await openFamily(family.directory)
  })
  afterAll(() => model.sessions.release())

  test('has the same neurons and classes', () => {
    expect(model.shape.neurons).toEqual(family.neurons)
    expect(model.shape.objective).toBe('image')
    expect(model.layout!.image!.labels).toEqual(['cup', 'egret', 'kite', 'oak', 'pier'])
  })

  test.each(family.results)('has the same logits and losses with $name removed', async (result) => {
    const logits = await logitsUnder(model, feeds, result.neurons)
    for (const [image, expected] of result.logits.entries()) {
      const own = logits.subarray(image * family.classes, (image + 1) * family.classes)
      expect(largestDifference(own, expected)).toBeLessThan(tolerance)
      const loss = logSumExp(own) - own[family.labels[image]!]!
      expect(Math.abs(loss + result.logprobs[image]![0]!)).toBeLessThan(tolerance)
    }
  })

  test('has the same activations', () => expectActivations(model, feeds, family.activations))

  test('pruned equals its masked self: zeroed bit for bit, compact within 1e-5', () =>
    expectExact(model, feeds, family.largestLogit))
})
