import type { Site } from '../../contract/neuron.ts'
import { sublayerWidth } from '../architectures/layout.ts'
import { elementType } from './graph.ts'
import { perToken, type GraphParts } from './graph-parts.ts'

/** Names the neurons of a site, records them, multiplies the mask in and adds the offset; returns what the output projection reads. */
export function neuronNodes(parts: GraphParts, site: Site, layer: number, neurons: string): string {
  const { b, purpose, layout, valid } = parts
  const { record, masks } = purpose
  const width = sublayerWidth(layout.blocks[layer]![site])
  if (record?.sites.includes(site)) {
    const at = `${site}.${layer}`
    neurons = b.rename(neurons, `${at}.activations`)
    b.output(neurons, elementType.float, ['tokens', width])
    if (record.statistics && valid !== null) {
      // ReduceSum over the leading axis has no fast path in ONNX Runtime; a row vector times the matrix is a matrix product.
      const sum = (values: string, name: string) => {
        b.output(b.node('MatMul', [valid, values], {}, `${at}.${name}`), elementType.float, [1, width])
      }
      sum(neurons, 'sum')
      sum(b.node('Abs', [neurons]), 'sumAbs')
      sum(b.node('Mul', [neurons, neurons]), 'sumSquares')
      sum(b.node('HardSigmoid', [neurons], { alpha: { float: 3e38 }, beta: { float: 0 } }), 'countPositive')
      const split = b.node('Reshape', [neurons, perToken(parts, width)])
      b.output(b.node('ReduceMax', [split], { axes: [1], keepdims: 0 }, `${at}.windowMax`), elementType.float, [
        'batch',
        width,
      ])
    }
  }
  if (!masks) return neurons
  const masked = b.node('Mul', [neurons, b.input(`${site}.${layer}.mask`, elementType.float, [width])])
  if (purpose.offsets !== true) return masked
  return b.node('Add', [masked, b.input(`${site}.${layer}.offset`, elementType.float, [width])])
}
