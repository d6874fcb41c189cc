import type { MlpLayout } from '../architectures/layout.ts'
import { activate } from './activation-nodes.ts'
import type { GraphParts } from './graph-parts.ts'
import { neuronNodes } from './neuron-nodes.ts'

/** The output of one layer's MLP: [batch x sequence, width]. */
export function mlpNodes(parts: GraphParts, x: string, mlp: MlpLayout, layer: number): string {
  const { b, weights, purpose } = parts
  const up = weights.linear(x, mlp.up)
  let neurons: string
  if (mlp.gate) {
    const gate = activate(b, weights.linear(x, mlp.gate), mlp.activation, false)
    neurons = b.node('Mul', [gate, up])
  } else neurons = activate(b, up, mlp.activation, purpose.record?.sites.includes('mlp') === true)
  return weights.linear(neuronNodes(parts, 'mlp', layer, neurons), mlp.down)
}
