import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { NeuronId } from '../../src/contract/neuron.ts'
import { parseNeuron } from '../../src/contract/neuron.ts'
import type { WeightType } from '../../src/core/onnx/tensor-index.ts'
import { decodeWeights } from '../../src/core/numbers/half.ts'
import { openModel, tensorOf, type OpenModel } from '../../src/main/engine-host/model/open-model.ts'
import { withFile } from '../../src/main/files/file-source.ts'
import { makePlantedGpt2, planted } from '../support/models/planted.ts'
import { expectFailure, scratchFolder } from './expectations.ts'
import { openHandle, writeCase } from './families.ts'
import { startHost, type TestHost } from './host.ts'

const work = scratchFolder('promoted')
let host: TestHost

beforeAll(async () => {
  host = await startHost()
})
afterAll(() => host.stop())

describe('tokens that a planted neuron promotes', () => {
  // Each writes (+step, -step) to a pair, which lm_head reads with (+1.75, -1.75): 2 x step x 1.75, all else 0.
  const closedForm = { mlp: (2 * 1.75) / 12, attention: (2 * 1.75) / 4 }

  test('are the one it writes, by the amount in closed form, and no other', async () => {
    const { handle } = await openHandle(host, makePlantedGpt2(join(work, 'planted')).directory)
    for (const { neuron, writesId, writes } of planted.neurons) {
      const { promoted, suppressed } = await host.client.promotedTokens({ handle, neuron, count: 12 })
      expect(promoted).toHaveLength(12)
      expect(promoted[0]).toMatchObject({ id: writesId, piece: writes })
      expect(promoted[0]!.logit).toBeCloseTo(closedForm[parseNeuron(neuron)!.site], 7)
      expect(promoted.slice(1).map(({ logit }) => logit)).toEqual(Array.from({ length: 11 }, () => 0))
      expect(suppressed.map(({ logit }) => logit)).toEqual(Array.from({ length: 12 }, () => 0))
    }
  })

  test('are none for a neuron without an output, and are refused for one that does not exist', async () => {
    const { handle } = await openHandle(host, makePlantedGpt2(join(work, 'planted-2')).directory)
    const { promoted } = await host.client.promotedTokens({ handle, neuron: 'mlp:0:4', count: 3 })
    expect(promoted.map(({ id, logit }) => [id, logit])).toEqual([
      [0, 0],
      [1, 0],
      [2, 0],
    ])
    await expectFailure(
      () => host.client.promotedTokens({ handle, neuron: 'mlp:0:24', count: 3 }),
      'bad-argument',
      'mlp:0:24',
      '0 to 23',
    )
  })
})

describe('tokens that a neuron promotes in every layout', () => {
  test.each([
    ['gpt2-f32', 'Conv1D rows, the embedding as head'],
    ['gpt2-bf16-untied', 'a head of its own'],
    ['llama-grouped-tied', 'gathered columns, the embedding as head'],
    ['llama-head-width-f16', 'attention wider than the residual stream, half precision'],
    ['llama-one-key-value-head-sharded', 'a head in another file'],
  ])('agree with the matrices multiplied out: %s (%s)', async (name) => {
    const { checkpoint } = writeCase(work, name)
    const { handle } = await openHandle(host, checkpoint.directory)
    const model = await openModel({ path: checkpoint.directory, tokenizer: null, threads: 1, provider: 'cpu' })
    for (const neuron of ['mlp:0:0', 'mlp:1:17', 'attention:1:5'] as const) {
      const expected = multipliedOut(model, neuron)
      const order = [...expected.keys()].sort((a, b) => expected[b]! - expected[a]!)
      const { promoted, suppressed } = await host.client.promotedTokens({ handle, neuron, count: 12 })
      expect(promoted.map(({ id }) => id)).toEqual(order.slice(0, 12))
      expect(suppressed.map(({ id }) => id)).toEqual(order.toReversed().slice(0, 12))
      for (const { id, logit } of [...promoted, ...suppressed]) expect(logit).toBeCloseTo(expected[id]!, 5)
    }
  })
})

/** W_U (g * (w - mean)), element by element from whole tensors. */
function multipliedOut(model: OpenModel, id: NeuronId): number[] {
  const { site, layer, index } = parseNeuron(id)!
  const layout = model.layout!
  const sublayer = layout.blocks[layer]![site]
  if (sublayer.kind === 'removed') throw new Error('no such sublayer')
  const linear = sublayer.kind === 'mlp' ? sublayer.down : sublayer.output
  const { width, vocabularySize, finalNorm, head } = layout
  const matrix = whole(model, linear.weight)
  const row = Array.from({ length: width }, (_, output) =>
    linear.order === 'in-out' ? matrix[index * width + output]! : matrix[output * linear.inputs + index]!,
  )
  const mean = finalNorm!.kind === 'layer' ? row.reduce((sum, value) => sum + value, 0) / width : 0
  const scale = whole(model, finalNorm!.weight!)
  const unembedding = whole(model, head.weight)
  return Array.from({ length: vocabularySize }, (_, token) =>
    row.reduce((sum, value, at) => sum + (value - mean) * scale[at]! * unembedding[token * width + at]!, 0),
  )
}

function whole(model: OpenModel, name: string): Float32Array {
  const entry = tensorOf(model, name)
  const { path } = model.weights.files.get(entry.file)!
  const type: WeightType = entry.dtype
  return withFile(path, entry.file, (file) => decodeWeights(type, file.read(entry.offset, entry.byteLength)))
}
