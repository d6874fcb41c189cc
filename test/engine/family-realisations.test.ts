import { createHash } from 'node:crypto'
import { cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseLayout } from '../../src/core/architectures/layout-schema.ts'
import { neuronWidths } from '../../src/core/architectures/layout.ts'
import type { TensorEntry } from '../../src/core/onnx/tensor-index.ts'
import type { RealisedModel } from '../../src/core/pruning/realise.ts'
import type { OpenModel } from '../../src/main/engine-host/model/open-model.ts'
import { causalFamilies } from '../support/models/family-folders.ts'
import { readSafetensors, writeSafetensors } from '../support/models/safetensors.ts'
import { tensorMaker } from '../support/models/weights.ts'
import { largestDifference, scratchFolder } from './expectations.ts'
import { logitsOf, openFamily } from './family-model.ts'
import { hardPlans, logitsOfBytes, realisedBytes, realiseWithout } from './realised-model.ts'

const scratch = scratchFolder('family-realisations')

/** The tensors of a realised model as a file of its own would list them. */
function entriesOf({ tensors }: RealisedModel): Map<string, TensorEntry> {
  return new Map([...tensors].map(([name, { source, shape }]) => [name, { ...source, shape }]))
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

function countNeurons(widths: { readonly mlp: readonly number[]; readonly attention: readonly number[] }): number {
  return [...widths.mlp, ...widths.attention].reduce((total, width) => total + width, 0)
}

/** Zeroed bit for bit, compact within 1e-5 of the largest logit, for every hard plan. */
async function expectExact(model: OpenModel, sequence: readonly number[], largestLogit: number): Promise<void> {
  for (const [what, neurons] of Object.entries(hardPlans(model))) {
    const masked = await logitsOf(model, sequence, neurons)
    for (const realisation of ['zeroed', 'compact'] as const) {
      const realised = realiseWithout(model, neurons, realisation)
      const bytes = realisedBytes(model, realised)
      const again = realiseWithout(model, neurons.toReversed(), realisation)
      expect(sha256(realisedBytes(model, again))).toBe(sha256(bytes))
      const difference = largestDifference(await logitsOfBytes(bytes, sequence), masked)
      const limit = realisation === 'zeroed' ? 0 : 1e-5 * largestLogit
      expect(difference, `${what}, ${realisation}`).toBeLessThanOrEqual(limit)
      const read = parseLayout(JSON.parse(JSON.stringify(realised.layout)), entriesOf(realised), 'the file')
      expect(read).toEqual(realised.layout)
      const gone = countNeurons(model.shape.neurons) - countNeurons(neuronWidths(read))
      expect(gone).toBe(realisation === 'compact' ? neurons.length : 0)
    }
  }
}

describe.each(causalFamilies().map((family) => [family.name, family] as const))('a pruned %s', (_, family) => {
  const sequence = family.sequences[0]!
  let model: OpenModel

  beforeAll(async () => {
    model = await openFamily(family.directory)
  })
  afterAll(() => model.sessions.release())

  test('equals its masked self: zeroed bit for bit, compact within 1e-5, and again the same bytes', async () => {
    await expectExact(model, sequence, family.largestLogit)
  })
})

test.each(['gemma2', 'olmo2'])(
  'a bias that a removed sublayer leaves goes through the norm of its output (%s with biases)',
  async (name) => {
    const family = causalFamilies().find((one) => one.name === name)!
    const directory = join(scratch, name)
    cpSync(family.directory, directory, { recursive: true })
    writeFileSync(join(directory, 'config.json'), JSON.stringify({ ...family.config, attention_bias: true }))
    const tensors = [...readSafetensors(join(family.directory, 'model.safetensors')).values()]
    const { add, tensors: biases } = tensorMaker(4, 'F32')
    for (const { name: weight, shape } of tensors) {
      if (/self_attn\.[qkvo]_proj\.weight$/.test(weight)) add(weight.replace('.weight', '.bias'), [shape[0]!], 0.5)
    }
    expect(biases).toHaveLength(4 * family.neurons.attention.length)
    writeSafetensors(join(directory, 'model.safetensors'), [...tensors, ...biases])
    const model = await openFamily(directory)
    await expectExact(model, family.sequences[0]!, family.largestLogit)
    const everything = Object.values(hardPlans(model)).at(-1)!
    const { layout } = realiseWithout(model, everything, 'compact')
    expect(layout.blocks[0]!.attention).toEqual({ kind: 'removed', bias: 'model.layers.0.self_attn.o_proj.bias' })
    await model.sessions.release()
  },
)
