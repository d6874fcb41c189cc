import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { decodeFloat32 } from '../../src/main/engine-host/client/bulk.ts'
import { planted, plantedLogits } from '../support/models/planted.ts'
import { readReference, referenceCases } from '../support/models/reference-cases.ts'
import { smallVocabulary } from '../support/models/tokenizer.ts'
import { largestDifference, planOf, scratchFolder } from './expectations.ts'
import { doneOf, startHost, type TestHost } from './host.ts'

/** Agreement with the answers that PyTorch gave in float64, in nats, logits and activations. */
const tolerance = 1e-4

const work = scratchFolder('parity')
let host: TestHost

beforeAll(async () => {
  host = await startHost()
})
afterAll(() => host.stop())

async function open(name: string): Promise<string> {
  const reference = referenceCases.find((candidate) => candidate.name === name)!
  const directory = join(work, name)
  mkdirSync(directory, { recursive: true })
  reference.make(directory)
  const facts = await host.client.open({ path: directory, tokenizer: null, threads: 1, provider: 'cpu' })
  return facts.handle
}

describe.each(referenceCases)('$name', (reference) => {
  const recorded = readReference(reference)
  const ids = [...recorded.ids]
  let handle: string

  beforeAll(async () => {
    handle = await open(reference.name)
  })
  afterAll(() => host.client.close({ handle }))

  test('gives the reference log-probability of each next token, and the last logits', async () => {
    const answer = await host.client.logprobs({ handle, ids, plan: null })
    expect(largestDifference(answer.logprobs, recorded.logprobs)).toBeLessThan(tolerance)
    expect(largestDifference(decodeFloat32(answer.lastLogits), recorded.lastLogits)).toBeLessThan(tolerance)
  })

  test('continues greedily with the reference tokens, as far as the first end of text', async () => {
    const end = recorded.greedyIds.indexOf(smallVocabulary - 1)
    const expected = end === -1 ? recorded.greedyIds : recorded.greedyIds.slice(0, end + 1)
    const settings = { maxNewTokens: recorded.greedyIds.length || 1, temperature: 0, seed: 0 }
    const { ids: continued } = await doneOf(host.client.generate({ handle, ids, plan: null, settings }))
    expect(continued.slice(0, expected.length)).toEqual(expected)
    expect(continued).toHaveLength(Math.max(1, expected.length))
  })

  test('has the reference activations at every position', async () => {
    const neurons = Object.keys(recorded.activations)
    const { activations } = await host.client.activations({ handle, windows: [ids], neurons })
    for (const [n, neuron] of neurons.entries()) {
      expect(largestDifference(activations[n]![0]!, recorded.activations[neuron]!), neuron).toBeLessThan(tolerance)
    }
  })

  test.each(recorded.masked.filter((mask) => mask.values === undefined))(
    'agrees with the reference without $name',
    async ({ neurons, logprobs, lastLogits }) => {
      const answer = await host.client.logprobs({ handle, ids, plan: planOf(neurons) })
      expect(largestDifference(answer.logprobs, logprobs)).toBeLessThan(tolerance)
      expect(largestDifference(decodeFloat32(answer.lastLogits), lastLogits)).toBeLessThan(tolerance)
    },
  )
})

describe('planted neurons', () => {
  const { ids } = readReference(referenceCases[0]!)
  let handle: string

  /** The logits after every prefix of `ids`. */
  async function allLogits(removed: readonly string[]): Promise<Float32Array[]> {
    const rows: Float32Array[] = []
    for (let length = 1; length <= ids.length; length++) {
      const plan = removed.length === 0 ? null : planOf(removed)
      const answer = await host.client.logprobs({ handle, ids: ids.slice(0, length), plan })
      rows.push(decodeFloat32(answer.lastLogits))
    }
    return rows
  }

  beforeAll(async () => {
    handle = await open('gpt2-planted')
  })

  test('write what the closed form says, whole and with any one of them removed', async () => {
    for (const removed of [[], ...planted.neurons.map(({ neuron }) => [neuron])]) {
      const expected = plantedLogits(ids, removed)
      for (const [position, row] of (await allLogits(removed)).entries()) {
        expect(largestDifference(row, expected[position]!)).toBeLessThan(tolerance)
      }
    }
  })

  test.each(planted.neurons)(
    'removing $neuron stops the writing of $writes, exactly, and changes no logit elsewhere',
    async ({ neuron, triggerId, writesId }) => {
      const whole = await allLogits([])
      const pruned = await allLogits([neuron])
      const first = ids.indexOf(triggerId)
      const positions = ids.map((_, position) => position)
      const isFelt = (position: number): boolean =>
        neuron.startsWith('mlp') ? ids[position] === triggerId : position >= first
      expect(positions.filter(isFelt).length).toBeGreaterThan(0)
      for (const position of positions.filter(isFelt)) {
        expect(whole[position]![writesId]).toBeGreaterThan(0.1)
        expect(pruned[position]![writesId]).toBe(0)
      }
      for (const position of positions.filter((other) => !isFelt(other))) {
        expect(largestDifference(whole[position]!, pruned[position]!)).toBe(0)
      }
    },
  )

  test('removing every noisy neuron changes no logit at all', async () => {
    const kept = new Set<string>(planted.neurons.map(({ neuron }) => neuron))
    const noisy: string[] = []
    for (let layer = 0; layer < planted.layers; layer++) {
      for (let index = 0; index < planted.inner; index++) noisy.push(`mlp:${layer}:${index}`)
      for (let index = 0; index < planted.width; index++) noisy.push(`attention:${layer}:${index}`)
    }
    const removed = noisy.filter((neuron) => !kept.has(neuron))
    expect(removed).toHaveLength(2 * (24 + 32) - 5)
    const whole = await allLogits([])
    const pruned = await allLogits(removed)
    for (const [position, row] of whole.entries()) expect(largestDifference(row, pruned[position]!)).toBe(0)
  })
})
