import { describe, expect, test } from 'vitest'
import { parseNeuron } from '../../src/contract/neuron.ts'
import type { Norm } from '../../src/core/architectures/layout.ts'
import { embedTexts } from '../../src/main/engine-host/operations/embed.ts'
import { promotedTokens } from '../../src/main/engine-host/operations/promoted-tokens.ts'
import type { OpenModel } from '../../src/main/engine-host/model/open-model.ts'
import { causalFamilies } from '../support/models/family-folders.ts'
import { readSafetensors } from '../support/models/safetensors.ts'
import { openFamily } from './family-model.ts'
import { join } from 'node:path'

const folderOf = (name: string) => causalFamilies().find((family) => family.name === name)!.directory

/** What a neuron of an MLP adds to each logit, from whole tensors: through the norms of its way, in order, and the head. */
function multipliedOut(model: OpenModel, layer: number, index: number, norms: readonly Norm[]): number[] {
  const tensors = readSafetensors(join(model.path, 'model.safetensors'))
  const values = (name: string) => tensors.get(name)!.values
  const { mlp } = model.layout!.blocks[layer]!
  if (mlp.kind === 'removed') throw new Error('no such sublayer')
  const { outputProjection, head, width } = model.layout!
  const down = values(mlp.down.weight)
  let row = Array.from({ length: width }, (_, output) => down[output * mlp.down.inputs + index]!)
  for (const { kind, weight } of norms) {
    const mean = kind === 'layer' ? row.reduce((sum, value) => sum + value, 0) / width : 0
    const scale = weight === null ? null : values(weight)
    const shift = kind === 'rms-plus-one' ? 1 : 0
    row = row.map((value, at) => (value - mean) * (scale === null ? 1 : scale[at]! + shift))
  }
  for (const { weight, inputs, outputs } of [outputProjection, head].filter((linear) => linear !== undefined)) {
    const matrix = values(weight)
    const before = row
    row = Array.from({ length: outputs }, (_, output) =>
      before.reduce((sum, value, at) => sum + value * matrix[output * inputs + at]!, 0),
    )
  }
  return row
}

describe('tokens that a neuron promotes', () => {
  test.each<[string, string, (model: OpenModel) => (Norm | null | undefined)[]]>([
    [
      'gemma2',
      'the norm of its output and the last, both with 1 added',
      ({ layout }) => [layout!.blocks[1]!.mlpOutputNorm, layout!.finalNorm],
    ],
    [
      'opt-350m',
      'the norm of the last sum, and a projection to narrow embeddings',
      ({ layout }) => [layout!.blocks.at(-1)!.mlpResidualNorm],
    ],
    ['olmo', 'a norm without weights', ({ layout }) => [layout!.finalNorm]],
  ])('of %s go through %s', async (name, _, normsOf) => {
    const model = await openFamily(folderOf(name))
    const norms = normsOf(model).map((norm) => norm!)
    const expected = multipliedOut(model, 1, 20, norms)
    const order = [...expected.keys()].toSorted((a, b) => expected[b]! - expected[a]!)
    const { promoted } = await promotedTokens(model, parseNeuron('mlp:1:20')!, 8, undefined)
    expect(promoted.map(({ id }) => id)).toEqual(order.slice(0, 8))
    for (const { id, logit } of promoted) expect(logit).toBeCloseTo(expected[id]!, 5)
  })
})

test('texts are embedded in the width of the table of tokens, also where layers are wider', async () => {
  const model = await openFamily(folderOf('opt-350m'))
  const request = { embedder: 'subject-sif', texts: ['abc', 'xyz'], recording: null }
  const { dimensions, vectors } = await embedTexts(model, request, undefined)
  expect(dimensions).toBe(10)
  expect(vectors).toHaveLength(20)
})
