import { InferenceSession } from 'onnxruntime-node'
import { formatNeuron, parseNeuron, type NeuronId, type Site } from '../../src/contract/neuron.ts'
import { buildDecoderGraph } from '../../src/core/onnx/decoder-graph.ts'
import { exportPurpose } from '../../src/core/onnx/export-format.ts'
import { modelIrVersion, modelOpset, onnxType, serialiseModel } from '../../src/core/onnx/serialise.ts'
import { derivedByteLength, derivedChunks, exportedType } from '../../src/core/pruning/derived-bytes.ts'
import { realise, type RealisedModel } from '../../src/core/pruning/realise.ts'
import type { OpenModel } from '../../src/main/engine-host/model/open-model.ts'
import { floatOutput, int64Tensor } from '../../src/main/engine-host/sessions/model-sessions.ts'
import { withFile } from '../../src/main/files/file-source.ts'

const ids = (site: Site, layer: number, from: number, to: number): NeuronId[] =>
  Array.from({ length: to - from }, (_, i) => formatNeuron({ site, layer, index: from + i }))

/** What every family must lose exactly, by name: parts, heads, sublayers, everything. */
export function hardPlans({ shape }: OpenModel): Record<string, NeuronId[]> {
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
    ].filter((id, at, all) => all.indexOf(id) === at),
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

/** Takes neurons out of a model that a layout describes. */
export function realiseWithout(model: OpenModel, neurons: readonly NeuronId[], realisation: 'zeroed' | 'compact') {
  const removed = neurons.map((id) => parseNeuron(id)!)
  return realise(model.layout!, model.weights.tensors, removed, realisation)
}

/** A realised model as the bytes of one .onnx file, as an export writes them. */
export function realisedBytes(model: OpenModel, { layout, tensors }: RealisedModel): Buffer {
  const graph = buildDecoderGraph(layout, (name) => exportedType(tensors.get(name)!.source.dtype), exportPurpose)
  const pieces = serialiseModel(
    graph,
    (name) => {
      const tensor = tensors.get(name)!
      const place = { kind: 'inline', byteLength: derivedByteLength(tensor) } as const
      return { name, type: onnxType(exportedType(tensor.source.dtype)), dims: tensor.shape, place }
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

/** Logits of a sequence by a model of its own: f32 [tokens x vocabulary]. */
export async function logitsOfBytes(bytes: Buffer, sequence: readonly number[]): Promise<Float32Array> {
  return logitsOfFeeds(bytes, { input_ids: int64Tensor(sequence, [1, sequence.length]) })
}

/** Logits of whatever a model of its own reads. */
export async function logitsOfFeeds(bytes: Buffer, feeds: InferenceSession.FeedsType): Promise<Float32Array> {
  const options = { executionProviders: ['cpu'], intraOpNumThreads: 1, logSeverityLevel: 3 } as const
  const session = await InferenceSession.create(bytes, options)
  const logits = floatOutput(await session.run(feeds), 'logits')
  await session.release()
  return logits
}
