import type { InferenceSession } from 'onnxruntime-node'
import { buildDecoderGraph } from '../../src/core/onnx/decoder-graph.ts'
import { elementType } from '../../src/core/onnx/graph.ts'
import { joinPieces, modelIrVersion, modelOpset, onnxType, serialiseModel } from '../../src/core/onnx/serialise.ts'
import { requireLayout, tensorOf, type OpenModel } from '../../src/main/engine-host/model/open-model.ts'
import { createSession } from '../../src/main/engine-host/sessions/session.ts'

/** The graph that recording is compared with: all layers, nothing recorded, no head; its output is the last residual stream. */
export function bareGraphBytes(model: OpenModel): Uint8Array {
  const { weights } = model
  const layout = requireLayout(model, 'this comparison')
  const typeOf = (name: string) => tensorOf({ weights }, name).dtype
  const graph = buildDecoderGraph(layout, typeOf, { attention: 'causal', masks: false, record: null, output: 'none' })
  const last = graph.nodes.at(-1)!.outputs[0]!
  const outputs = [{ name: last, type: elementType.float, dims: ['tokens', layout.width] }]
  const pieces = serialiseModel(
    { ...graph, outputs },
    (name) => {
      const { dtype, file, offset, byteLength, shape } = tensorOf({ weights }, name)
      const { location } = weights.files.get(file)!
      return { name, type: onnxType(dtype), dims: shape, place: { kind: 'external', location, offset, byteLength } }
    },
    { opset: modelOpset, irVersion: modelIrVersion, producerVersion: '', metadata: {} },
  )
  return joinPieces(pieces)
}

export function bareSession(model: OpenModel): Promise<InferenceSession> {
  return createSession(bareGraphBytes(model), model.weights.folder, { ...model.sessions.settings, prepacking: true })
}
