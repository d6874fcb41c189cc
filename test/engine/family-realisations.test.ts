import { createHash } from 'node:crypto'
import { InferenceSession } from 'onnxruntime-node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { formatNeuron, parseNeuron, type NeuronId, type Site } from '../../src/contract/neuron.ts'
import { parseLayout } from '../../src/core/architectures/layout-schema.ts'
import { neuronWidths } from '../../src/core/architectures/layout.ts'
import { buildDecoderGraph } from '../../src/core/onnx/decoder-graph.ts'
import { exportPurpose } from '../../src/core/onnx/export-format.ts'
import { modelIrVersion, modelOpset, onnxType, serialiseModel } from '../../src/core/onnx/serialise.ts'
import type { TensorEntry } from '../../src/core/onnx/tensor-index.ts'
import { derivedByteLength, derivedChunks } from '../../src/core/pruning/derived-bytes.ts'
import { realise, type RealisedModel } from '../../src/core/pruning/realise.ts'
import type { OpenModel } from '../../src/main/engine-host/model/open-model.ts'
import { floatOutput, int64Tensor } from '../../src/main/engine-host/sessions/model-sessions.ts'
import { withFile } from '../../src/main/files/file-source.ts'
import { causalFamilies } from '../support/models/family-folders.ts'
import { largestDifference } from './expectations.ts'
import { logitsOf, openFamily } from './family-model.ts'

const ids = (site: Site, layer: number, from: number, to: number): NeuronId[] =>
  Array.from({ length: to - from }, (_, i) => formatNeuron({ site, layer, index: from + i }))

/** What every family must lose exactly: parts, heads, sublayers, everything. */
function plansOf({ shape }: OpenModel): Record<string, NeuronId[]> {
  const { mlp, attention } = shape.neurons
  const last = mlp.length - 1
  const { headWidth } = shape
  const group = shape.headCounts[0]! / shape.keyValueHeadCounts[0]!
  return {
    'neurons of both sites, a whole head and a whole key-value group': [
      ...ids('mlp', 0, 3, 9),
      ...ids('attention', 0, 0, group * headWidth),
      ...ids('attention', last, headWidth, 2 * headWidth),
      ...ids('attention', last, 0, 1),
    ],
    'the attention of the first layer and the MLP of the last': [
      ...ids('attention', 0, 0, attention[0]!),
      ...ids('mlp', last, 0, mlp[last]!),
    ],
    'every neuron': mlp.flatMap((width, layer) => [
      ...ids('mlp', layer, 0, width),
      ...ids('attention', layer, 0, attention[layer]!),
    ]),
  }
}

/** A realised model as the bytes of one .onnx file. */
function bytesOf(model: OpenModel, { layout, tensors }: RealisedModel): Buffer {
  const graph = buildDecoderGraph(layout, (name) => tensors.get(name)!.source.dtype, exportPurpose)
  expect(graph.weights.toSorted()).toEqual([...tensors.keys()].toSorted())
  const pieces = serialiseModel(
    graph,
    (name) => {
      const tensor = tensors.get(name)!
      const place = { kind: 'inline', byteLength: derivedByteLength(tensor) } as const
      return { name, type: onnxType(tensor.source.dtype), dims: tensor.shape, place }
    },
    { opset: modelOpset, irVersion: modelIrVersion, producerVersion: '', metadata: {} },
  )
  const parts = pieces.flatMap((piece) => {
    if (!('weight' in piece)) return [piece.bytes]
    const tensor = tensors.get(piece.weight)!
    const { path } = model.weights.files.get(tensor.source.file)!
    return withFile(path, tensor.source.file, (file) => [...derivedChunks(tensor, file)])
  })
  return Buffer.concat(parts)
}

async function logitsOfBytes(bytes: Buffer, sequence: readonly number[]): Promise<Float32Array> {
  const options = { executionProviders: ['cpu'], intraOpNumThreads: 1, logSeverityLevel: 3 } as const
  const session = await InferenceSession.create(bytes, options)
  const logits = floatOutput(await session.run({ input_ids: int64Tensor(sequence, [1, sequence.length]) }), 'logits')
  await session.release()
  return logits
}

/** The tensors of a realised model as a file of its own would list them. */
function entriesOf({ tensors }: RealisedModel): Map<string, TensorEntry> {
  return new Map([...tensors].map(([name, { source, shape }]) => [name, { ...source, shape }]))
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

describe.each(causalFamilies().map((family) => [family.name, family] as const))('a pruned %s', (_, family) => {
  const sequence = family.sequences[0]!
  let model: OpenModel

  beforeAll(async () => {
    model = await openFamily(family.directory)
  })
  afterAll(() => model.sessions.release())

  test('equals its masked self: zeroed bit for bit, compact within 1e-5, and again the same bytes', async () => {
    for (const [what, neurons] of Object.entries(plansOf(model))) {
      const masked = await logitsOf(model, sequence, neurons)
      const removed = neurons.map((id) => parseNeuron(id)!)
      for (const realisation of ['zeroed', 'compact'] as const) {
        const realised = realise(model.layout!, model.weights.tensors, removed, realisation)
        const bytes = bytesOf(model, realised)
        const again = realise(model.layout!, model.weights.tensors, removed.toReversed(), realisation)
        expect(sha256(bytesOf(model, again))).toBe(sha256(bytes))
        const difference = largestDifference(await logitsOfBytes(bytes, sequence), masked)
        expect(difference, `${what}, ${realisation}`).toBeLessThanOrEqual(
          realisation === 'zeroed' ? 0 : 1e-5 * family.largestLogit,
        )
        const read = parseLayout(JSON.parse(JSON.stringify(realised.layout)), entriesOf(realised), 'the file')
        expect(read).toEqual(realised.layout)
        const left = Object.values(neuronWidths(read)).flat()
        const whole = Object.values(model.shape.neurons).flat()
        const sum = (widths: readonly number[]) => widths.reduce((total, width) => total + width, 0)
        expect(sum(whole) - sum(left)).toBe(realisation === 'compact' ? neurons.length : 0)
      }
    }
  })
})
