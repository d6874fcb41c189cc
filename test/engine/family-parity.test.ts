import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseNeuron } from '../../src/contract/neuron.ts'
import type { OpenModel } from '../../src/main/engine-host/model/open-model.ts'
import { windowActivations } from '../../src/main/engine-host/operations/activations.ts'
import { clozeLosses } from '../../src/main/engine-host/operations/cloze.ts'
import { generate } from '../../src/main/engine-host/operations/generate.ts'
import { causalFamilies } from '../support/models/family-folders.ts'
import { largestDifference } from './expectations.ts'
import { cachedLogits, logitsOf, lossesOf, openFamily, paddedLogits } from './family-model.ts'

/** Agreement with what PyTorch computes in float64, in nats, logits and activations. */
const tolerance = 1e-4

describe.each(causalFamilies().map((family) => [family.name, family] as const))('the reference of %s', (_, family) => {
  const [first, second] = family.sequences as [number[], number[]]
  let model: OpenModel

  beforeAll(async () => {
    model = await openFamily(family.directory)
  })
  afterAll(() => model.sessions.release())

  test('has the same neurons', () => {
    expect(model.shape.neurons).toEqual(family.neurons)
  })

  test.each(family.results)('has the same logits and losses with $name removed', async (result) => {
    for (const [at, ids] of family.sequences.entries()) {
      const logits = await logitsOf(model, ids, result.neurons)
      expect(largestDifference(logits, result.logits[at]!)).toBeLessThan(tolerance)
      const logprobs = Array.from(await lossesOf(model, ids, result.neurons), (loss) => -loss)
      expect(largestDifference(logprobs, result.logprobs[at]!)).toBeLessThan(tolerance)
    }
  })

  test('has the same activations', async () => {
    const ids = Object.keys(family.activations)
    const found = await windowActivations(
      model,
      [first],
      ids.map((id) => parseNeuron(id)!),
      undefined,
    )
    for (const [n, id] of ids.entries()) {
      expect(largestDifference(found[n]![0]!, family.activations[id]!), id).toBeLessThan(tolerance)
    }
  })

  test('continues with the same tokens', async () => {
    const steps = generate(
      model,
      first,
      null,
      { maxNewTokens: family.greedyIds.length, temperature: 0, seed: 0 },
      undefined,
    )
    const ids: number[] = []
    for await (const step of steps) if (step.kind === 'token') ids.push(step.id)
    const end = family.greedyIds.indexOf(model.tokenizer.specialIds.eos ?? -1)
    expect(ids).toEqual(end === -1 ? family.greedyIds : family.greedyIds.slice(0, end + 1))
  })

  test('is met with a key-value cache as without, wherever the cache begins', async () => {
    const whole = family.results[0]!.logits[0]!
    const vocabulary = family.vocabularySize
    for (const start of [1, 9]) {
      const rows = await cachedLogits(model, first, start)
      expect(rows).toHaveLength(first.length - start + 1)
      for (const [at, row] of rows.entries()) {
        const from = (start - 1 + at) * vocabulary
        expect(largestDifference(row, whole.subarray(from, from + vocabulary))).toBeLessThan(tolerance)
      }
    }
  })

  test('is met behind padding, in the graph that other loaders are given', async () => {
    expect(largestDifference(await paddedLogits(model, first, 3), family.results[0]!.logits[0]!)).toBeLessThan(
      tolerance,
    )
  })

  test('is met by branches that share a prefix in one pass', async () => {
    const shared = 10
    const prefix = Int32Array.from(first.slice(0, shared))
    const candidates = [first.slice(shared, shared + 4), second.slice(0, 5)]
    const branches = candidates.map((ids) => ({ ids: Int32Array.from(ids), choiceStart: 0, choiceEnd: ids.length }))
    const answers = clozeLosses(model, [{ prefix, branches, cutTokens: 0 }], null, undefined)
    let step = await answers.next()
    while (!step.done) step = await answers.next()
    for (const [at, ids] of candidates.entries()) {
      const alone = await lossesOf(model, [...prefix, ...ids], [])
      const together = step.value[0]!.branches[at]!
      expect(largestDifference(together, alone.subarray(shared - 1))).toBeLessThan(tolerance)
    }
  })
})
