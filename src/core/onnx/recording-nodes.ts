import type { Site } from '../../contract/neuron.ts'
import { elementType, type GraphBuilder } from './graph.ts'
import { reduceOver } from './reduce-nodes.ts'

/** What the nodes of a recording need to know of the graph around them. */
export interface RecordingContext {
  /** int64 [1] each. */
  readonly batch: string
  readonly sequence: string
  /** f32 [1, tokens], 1 where a token is no padding; null leaves the statistics out. */
  readonly valid: string | null
  /** Version of the standard operators in the graph. */
  readonly opset: number
}

/**
 * Makes the neurons of one site and layer outputs of the graph, and their sums over valid positions and maxima per window.
 * `neurons` f32 [tokens, width] must be the newest value; returns it under its new name.
 */
export function recordNeurons(
  b: GraphBuilder,
  site: Site,
  layer: number,
  neurons: string,
  width: number,
  { batch, sequence, valid, opset }: RecordingContext,
): string {
  const at = `${site}.${layer}`
  const named = b.rename(neurons, `${at}.activations`)
  b.output(named, elementType.float, ['tokens', width])
  if (valid === null) return named
  // ReduceSum over the leading axis has no fast path in ONNX Runtime; a row vector times the matrix is a matrix product.
  const sum = (values: string, name: string) => {
    b.output(b.node('MatMul', [valid, values], {}, `${at}.${name}`), elementType.float, [1, width])
  }
  sum(named, 'sum')
  sum(b.node('Abs', [named]), 'sumAbs')
  sum(b.node('Mul', [named, named]), 'sumSquares')
  sum(b.node('HardSigmoid', [named], { alpha: { float: 3e38 }, beta: { float: 0 } }), 'countPositive')
  const windows = b.node('Concat', [batch, sequence, b.ints([width])], { axis: 0 })
  const split = b.node('Reshape', [named, windows])
  const windowMax = reduceOver(b, 'ReduceMax', split, [1], false, opset, `${at}.windowMax`)
  b.output(windowMax, elementType.float, ['batch', width])
  return named
}
