import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseLayout } from '../../src/core/architectures/layout-schema.ts'
import { neuronWidths } from '../../src/core/architectures/layout.ts'
import type { TensorEntry } from '../../src/core/onnx/tensor-index.ts'
import type { RealisedModel } from '../../src/core/pruning/realise.ts'
import type { OpenModel } from '../../src/main/engine-host/model/open-model.ts'
import { causalFamilies } from '../support/models/family-folders.ts'
import { largestDifference } from './expectations.ts'
import { logitsOf, openFamily } from './family-model.ts'
import { hardPlans, logitsOfBytes, realisedBytes, realiseWithout } from './realised-model.ts'

/** The tensors of a realised model as a file of its own would list them. */
function entriesOf({ tensors }: RealisedModel): Map<string, TensorEntry> {
  return new Map([...tensors].map(([name, { source, shape }]) => [name, { ...source, shape }]))
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

function countNeurons(widths: { readonly mlp: readonly number[]; readonly attention: readonly number[] }): number {
  return [...widths.mlp, ...widths.attention].reduce((total, width) => total + width, 0)
}

describe.each(causalFamilies().map((family) => [family.name, family] as const))('a pruned %s', (_, family) => {
  const sequence = family.sequences[0]!
  let model: OpenModel

  beforeAll(async () => {
    model = await openFamily(family.directory)
  })
  afterAll(() => model.sessions.release())

  test('equals its masked self: zeroed bit for bit, compact within 1e-5, and again the same bytes', async () => {
    for (const [what, neurons] of Object.entries(hardPlans(model))) {
      const masked = await logitsOf(model, sequence, neurons)
      for (const realisation of ['zeroed', 'compact'] as const) {
        const realised = realiseWithout(model, neurons, realisation)
        const bytes = realisedBytes(model, realised)
        const again = realiseWithout(model, neurons.toReversed(), realisation)
        expect(sha256(realisedBytes(model, again))).toBe(sha256(bytes))
        const difference = largestDifference(await logitsOfBytes(bytes, sequence), masked)
        const limit = realisation === 'zeroed' ? 0 : 1e-5 * family.largestLogit
        expect(difference, `${what}, ${realisation}`).toBeLessThanOrEqual(limit)
        const read = parseLayout(JSON.parse(JSON.stringify(realised.layout)), entriesOf(realised), 'the file')
        expect(read).toEqual(realised.layout)
        const gone = countNeurons(model.shape.neurons) - countNeurons(neuronWidths(read))
        expect(gone).toBe(realisation === 'compact' ? neurons.length : 0)
      }
    }
  })
})
