import type { Site } from '../../contract/neuron.ts'
import { sublayerWidth } from '../architectures/layout.ts'
import { elementType } from './graph.ts'
import type { GraphParts } from './graph-parts.ts'
import { recordNeurons } from './recording-nodes.ts'
import { modelOpset } from './serialise.ts'

/** Names the neurons of a site, records them, multiplies the mask in and adds the offset; returns what the output projection reads. */
export function neuronNodes(parts: GraphParts, site: Site, layer: number, neurons: string): string {
  const { b, purpose, layout, valid } = parts
  const { record, masks } = purpose
  const width = sublayerWidth(layout.blocks[layer]![site])
  if (record?.sites.includes(site)) {
    const { batch, sequence } = parts
    const sums = record.statistics ? valid : null
    neurons = recordNeurons(b, site, layer, neurons, width, { batch, sequence, valid: sums, opset: modelOpset })
  }
  if (!masks) return neurons
  const masked = b.node('Mul', [neurons, b.input(`${site}.${layer}.mask`, elementType.float, [width])])
  if (purpose.offsets !== true) return masked
  return b.node('Add', [masked, b.input(`${site}.${layer}.offset`, elementType.float, [width])])
}
