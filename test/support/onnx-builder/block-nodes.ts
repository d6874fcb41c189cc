import type { GraphWriter } from './graph-writer.ts'
import { onnxTypes } from './onnx-file.ts'
import type { LinearNodes } from './linear-nodes.ts'
import type { DecoderStyle } from './style.ts'

/** A sum that the next norm may take along. */
export interface Stream {
  readonly value: string
  readonly pending: { readonly value: string; readonly bias: string | null } | null
}

export function layerNorm(
  g: GraphWriter,
  style: DecoderStyle,
  linears: LinearNodes,
  name: string,
  stream: Stream,
): { normed: string; sum: string } {
  const weight = linears.plain(name)
  const isRms = style.family === 'llama'
  const bias = isRms ? null : linears.plain(`${name}.bias`)
  const epsilon = 1e-5
  const x = stream.value
  if (style.norm === 'skip' && stream.pending) {
    const { value, bias: skipBias } = stream.pending
    const inputs = isRms ? [value, x, weight] : [value, x, weight, bias!]
    if (skipBias !== null) inputs.push(skipBias)
    const op = isRms ? 'SkipSimplifiedLayerNormalization' : 'SkipLayerNormalization'
    const [normed, , , sum] = g.many(
      op,
      inputs,
      4,
      { epsilon: { float: epsilon } },
      [`${name}/normed`, '', '', `${name}/sum`],
      'com.microsoft',
    )
    return { normed: normed!, sum: sum! }
  }
  const half = style.half
  if (style.norm === 'decomposed') {
    const square = (value: string) => g.node('Pow', [value, g.float(2, half)])
    const mean = (value: string) =>
      style.opset >= 18
        ? g.node('ReduceMean', [value, g.ints([-1])], { keepdims: 1 })
        : g.node('ReduceMean', [value], { axes: [-1], keepdims: 1 })
    const centred = isRms ? x : g.node('Sub', [x, mean(x)])
    const root = g.node('Sqrt', [g.node('Add', [mean(square(centred)), g.float(epsilon, half)])])
    if (isRms) {
      const inverse = g.node('Div', [g.float(1, half), root])
      return { normed: g.node('Mul', [weight, g.node('Mul', [x, inverse])]), sum: x }
    }
    const scaled = g.node('Mul', [g.node('Div', [centred, root]), weight])
    return { normed: g.node('Add', [scaled, bias!]), sum: x }
  }
  const attributes = { axis: -1, epsilon: { float: epsilon } }
  if (!isRms) return { normed: g.node('LayerNormalization', [x, weight, bias!], attributes), sum: x }
  const op = style.opset >= 23 ? 'RMSNormalization' : 'SimplifiedLayerNormalization'
  return { normed: g.node(op, [x, weight], attributes), sum: x }
}

/** The activation of `x`; the bias of `up` is part of the node in the styles that fuse it. */
export function activate(g: GraphWriter, style: DecoderStyle, x: string, bias: string | null): string {
  const { half } = style
  const number = (value: number) => g.float(value, half)
  switch (style.activation) {
    case 'relu':
      return g.node('Relu', [x])
    case 'silu':
      return g.node('Mul', [x, g.node('Sigmoid', [x])])
    case 'quick-gelu':
      return g.microsoft('QuickGelu', [x], { alpha: { float: 1.702 } })
    case 'gelu-op':
      return g.node('Gelu', [x])
    case 'gelu-tanh-op':
      return g.node('Gelu', [x], { approximate: 'tanh' })
    case 'fast-gelu':
      return g.microsoft('FastGelu', bias === null ? [x] : [x, bias])
    case 'bias-gelu':
      return g.microsoft('BiasGelu', [x, bias!])
    case 'gelu': {
      const erf = g.node('Erf', [g.node('Div', [x, number(Math.SQRT2)])])
      return g.node('Mul', [g.node('Mul', [x, g.node('Add', [erf, number(1)])]), number(0.5)])
    }
    case 'gelu-tanh': {
      const cube = g.node('Mul', [number(0.044715), g.node('Pow', [x, number(3)])])
      const inner = g.node('Mul', [number(Math.sqrt(2 / Math.PI)), g.node('Add', [x, cube])])
      const outer = g.node('Add', [number(1), g.node('Tanh', [inner])])
      return g.node('Mul', [g.node('Mul', [number(0.5), x]), outer])
    }
  }
}

/** Splits the last axis; sizes as an input, as from opset 13 on. */
export function split(g: GraphWriter, style: DecoderStyle, x: string, sizes: readonly number[]): string[] {
  if (style.opset >= 13) return g.many('Split', [x, g.ints(sizes)], sizes.length, { axis: -1 })
  return g.many('Split', [x], sizes.length, { axis: -1, split: sizes })
}

export function unsqueeze(g: GraphWriter, style: DecoderStyle, x: string, axes: readonly number[]): string {
  return style.opset >= 13 ? g.node('Unsqueeze', [x, g.ints(axes)]) : g.node('Unsqueeze', [x], { axes })
}

/** Element `index` of the shape of x, as a vector of one. */
export function sizeOf(g: GraphWriter, style: DecoderStyle, x: string, index: number): string {
  return unsqueeze(g, style, g.node('Gather', [g.node('Shape', [x]), g.int(index)], { axis: 0 }), [0])
}

export const floatType = (style: DecoderStyle): number => (style.half ? onnxTypes.float16 : onnxTypes.float)
