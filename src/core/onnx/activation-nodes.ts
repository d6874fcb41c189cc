import type { Activation } from '../architectures/layout.ts'
import type { GraphBuilder } from './graph.ts'

/**
 * An activation function in plain operators. The tanh form of GELU (Hendrycks & Gimpel 2016, section 2) is spelled as
 * published exports spell it, so that ONNX Runtime recognises and fuses it.
 *
 * Its fusion skips a GELU whose value is an output of the graph: there (`isOutput`) the operator that it would become is
 * emitted, which is the same kernel, so that recorded neurons are bit for bit those of the other graphs.
 */
export function activate(b: GraphBuilder, x: string, activation: Activation, isOutput: boolean): string {
  if (isOutput && activation === 'gelu-tanh') return b.contribNode('FastGelu', [x])
  if (isOutput && activation === 'gelu') return b.contribNode('Gelu', [x])
  switch (activation) {
    case 'relu':
      return b.node('Relu', [x])
    case 'silu':
      return b.node('Mul', [x, b.node('Sigmoid', [x])])
    case 'gelu': {
      const erf = b.node('Erf', [b.node('Div', [x, b.float(Math.SQRT2)])])
      const product = b.node('Mul', [x, b.node('Add', [erf, b.float(1)])])
      return b.node('Mul', [product, b.float(0.5)])
    }
    case 'gelu-tanh': {
      const cubic = b.node('Mul', [b.node('Pow', [x, b.float(3)]), b.float(0.044715)])
      const inner = b.node('Mul', [b.node('Add', [x, cubic]), b.float(Math.sqrt(2 / Math.PI))])
      const outer = b.node('Add', [b.node('Tanh', [inner]), b.float(1)])
      return b.node('Mul', [b.node('Mul', [x, b.float(0.5)]), outer])
    }
  }
}
