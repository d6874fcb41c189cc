import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createRandom } from '../../src/core/stats/random.ts'
import { formatNeuron, type NeuronId } from '../../src/contract/neuron.ts'
import { causalFamilies } from '../support/models/family-folders.ts'
import { largestDifference, planOf, scratchFolder } from './expectations.ts'
import { openHandle } from './families.ts'
import { doneOf, startHost, type TestHost } from './host.ts'

const work = scratchFolder('family-exports')
/** Norms on both sides and windows, sublayers side by side, norms after each sum; test/engine/family-realisations.test.ts has all. */
const chosen = ['gemma2', 'gpt-neox', 'opt-350m']
const families = causalFamilies().filter(({ name }) => chosen.includes(name))
let host: TestHost
let count = 0

beforeAll(async () => {
  host = await startHost()
})
afterAll(() => host.stop())

const sha256 = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex')

describe.each(families.map((family) => [family.name, family] as const))('an exported %s', (_, family) => {
  const ids = [...family.sequences[0]!]
  const random = createRandom(3)
  const some = (site: 'mlp' | 'attention'): NeuronId[] =>
    family.neurons[site].flatMap((width, layer) =>
      random.sample(width, 5).map((index) => formatNeuron({ site, layer, index })),
    )
  const neurons = [...some('mlp'), ...some('attention')]

  async function exportTo(handle: string, realisation: 'zeroed' | 'compact') {
    const folder = join(work, `out-${count++}`)
    mkdirSync(folder)
    const file = join(folder, 'pruned.onnx')
    const request = { handle, plan: planOf(neurons), realisation, file, weights: 'inline', metadata: {} } as const
    const { verification } = await doneOf(host.client.exportModel(request))
    return { file, verification }
  }

  test.each(['zeroed', 'compact'] as const)(
    'is proved, opened again, pruned as it was, and written again alike (%s)',
    async (realisation) => {
      const { handle } = await openHandle(host, family.directory)
      const { file, verification } = await exportTo(handle, realisation)
      expect(verification.passed).toBe(true)
      expect(sha256((await exportTo(handle, realisation)).file)).toBe(sha256(file))
      const masked = await host.client.logprobs({ handle, ids, plan: planOf(neurons) })
      const opened = await openHandle(host, file, 1, join(family.directory, 'tokenizer.json'))
      const answer = await host.client.logprobs({ handle: opened.handle, ids, plan: null })
      const limit = realisation === 'zeroed' ? 0 : 1e-5
      expect(largestDifference(answer.logprobs, masked.logprobs)).toBeLessThanOrEqual(limit)
      const left = opened.neurons.mlp.reduce((sum, width) => sum + width, 0)
      const whole = family.neurons.mlp.reduce((sum, width) => sum + width, 0)
      expect(whole - left).toBe(realisation === 'zeroed' ? 0 : 5 * family.neurons.mlp.length)
      const settings = { maxNewTokens: 6, temperature: 0, seed: 0 }
      const pruned = await doneOf(host.client.generate({ handle, ids, plan: planOf(neurons), settings }))
      const again = await doneOf(host.client.generate({ handle: opened.handle, ids, plan: null, settings }))
      expect(again.ids).toEqual(pruned.ids)
      await host.client.close({ handle: opened.handle })
      await host.client.close({ handle })
    },
  )
})
