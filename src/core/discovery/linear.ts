import type { NodeAddress } from '../onnx/model-graph.ts'
import { isConstant } from './constants.ts'
import type { DiscoveredBias, DiscoveredLinear, WeightQuantisation, WeightReference } from './discovered-model.ts'
import { intAttribute, intsAttribute, isMicrosoft, isOp, type FoundTensor, type GraphScope } from './graph-scope.ts'

/** A projection without the lists that only whole models know. */
export type FoundLinear = Omit<DiscoveredLinear, 'sharedWith'> & {
  /** The float value that is multiplied. */
  readonly input: string
}

const float = new Set([1, 10, 16])

/** The projection whose result `value` is, a bias that is added to it included; null when it is none. */
export function linearWithBias(scope: GraphScope, value: string): FoundLinear | null {
  const plain = linearAt(scope, value)
  if (plain) return plain
  const from = scope.produced(value)
  if (!from || !isOp(from.made, 'Add')) return null
  for (const side of [0, 1]) {
    const linear = linearAt(scope, behindIdentity(scope, from.made.inputs[1 - side] ?? ''))
    if (!linear || linear.bias !== null) continue
    const bias = biasOf(scope, from, side, linear.outputs)
    if (bias) return { ...linear, bias: bias.weight.name, biasReference: bias, result: value }
  }
  return null
}

/** The bias vector [outputs] that a node reads as an input. */
export function biasOf(scope: GraphScope, reader: NodeAddress, input: number, outputs: number): DiscoveredBias | null {
  const name = scope.node(reader).inputs[input] ?? ''
  const weight = resolveWeight(scope, name)
  if (!weight || weight.dequantise) return null
  const { dims } = weight.found.tensor
  const leading = dims.slice(0, -1)
  if (dims[dims.length - 1] !== outputs || leading.some((size) => size !== 1)) return null
  return { weight: weight.found.reference, reader: { graph: reader.graph, node: reader.node }, input }
}

/** A projection whose own result `value` is. */
function linearAt(scope: GraphScope, value: string): FoundLinear | null {
  const from = scope.produced(value)
  if (!from || from.output !== 0) return null
  const { made } = from
  const place = { graph: from.graph, node: from.node, op: made.op, result: value }
  const reader = { graph: from.graph, node: from.node }
  if (isOp(made, 'MatMul') || isMicrosoft(made, 'FusedMatMul')) {
    const weight = matrixAt(scope, made.inputs[1] ?? '')
    if (!weight) return null
    const turned = weight.turned !== (intAttribute(made, 'transB', 0) === 1)
    if (intAttribute(made, 'transA', 0) === 1 || intAttribute(made, 'transBatchA', 0) === 1) return null
    return {
      ...place,
      ...sizes(weight.found, turned),
      kind: weight.quantisation ? 'quantised' : 'matmul',
      reader,
      readerInput: 0,
      input: made.inputs[0]!,
      weightPath: weight.path,
      bias: null,
      biasReference: null,
      quantisation: weight.quantisation,
      quantisesActivations: false,
    }
  }
  if (isOp(made, 'Gemm')) {
    const weight = matrixAt(scope, made.inputs[1] ?? '')
    if (!weight || intAttribute(made, 'transA', 0) === 1) return null
    const matrix = sizes(weight.found, weight.turned !== (intAttribute(made, 'transB', 0) === 1))
    const bias = (made.inputs[2] ?? '') === '' ? null : biasOf(scope, reader, 2, matrix.outputs)
    if ((made.inputs[2] ?? '') !== '' && !bias) return null
    return {
      ...place,
      ...matrix,
      kind: weight.quantisation ? 'quantised' : 'gemm',
      reader,
      readerInput: 0,
      input: made.inputs[0]!,
      weightPath: weight.path,
      bias: bias?.weight.name ?? null,
      biasReference: bias,
      quantisation: weight.quantisation,
      quantisesActivations: false,
    }
  }
  if (isMicrosoft(made, 'MatMulNBits')) return blockLinear(scope, value)
  if (isMicrosoft(made, 'DynamicQuantizeMatMul')) {
    const found = scope.tensor(made.inputs[1] ?? '')
    const scales = scope.tensor(made.inputs[2] ?? '')
    if (!found || found.tensor.dims.length !== 2 || !scales) return null
    const matrix = sizes(found, false)
    const bias = (made.inputs[4] ?? '') === '' ? null : biasOf(scope, reader, 4, matrix.outputs)
    return {
      ...place,
      ...matrix,
      kind: 'quantised',
      reader,
      readerInput: 0,
      input: made.inputs[0]!,
      weightPath: [],
      bias: bias?.weight.name ?? null,
      biasReference: bias,
      quantisation: linearCodes(scales, scope.tensor(made.inputs[3] ?? '')),
      quantisesActivations: true,
    }
  }
  return integerLinear(scope, value)
}

/** MatMulNBits: the weight is stored by output and block. */
function blockLinear(scope: GraphScope, value: string): FoundLinear | null {
  const from = scope.produced(value)!
  const { made } = from
  const found = scope.tensor(made.inputs[1] ?? '')
  const scales = scope.tensor(made.inputs[2] ?? '')
  const inputs = intAttribute(made, 'K', 0)
  const outputs = intAttribute(made, 'N', 0)
  const bits = intAttribute(made, 'bits', 4)
  const blockSize = intAttribute(made, 'block_size', 0)
  if (!found || !scales || inputs < 1 || outputs < 1 || blockSize < 1 || found.tensor.dims[0] !== outputs) return null
  const reader = { graph: from.graph, node: from.node }
  const bias = (made.inputs[5] ?? '') === '' ? null : biasOf(scope, reader, 5, outputs)
  return {
    graph: from.graph,
    node: from.node,
    op: made.op,
    result: value,
    kind: 'quantised',
    reader,
    readerInput: 0,
    input: made.inputs[0]!,
    weight: found.reference.name,
    weightReference: found.reference,
    order: 'out-in',
    inputs,
    outputs,
    weightPath: [],
    bias: bias?.weight.name ?? null,
    biasReference: bias,
    quantisation: {
      kind: 'blocks',
      bits,
      blockSize,
      scales: scales.reference,
      zeroPoints: scope.tensor(made.inputs[3] ?? '')?.reference ?? null,
      groupIndex: scope.tensor(made.inputs[4] ?? '')?.reference ?? null,
    },
    // Level 4 multiplies in int8: each block of the input gets a scale of its own as the node runs.
    quantisesActivations: intAttribute(made, 'accuracy_level', 0) === 4,
  }
}

/** DynamicQuantizeLinear, MatMulInteger, Cast and Mul by the scales; or MatMulIntegerToFloat, which is the last three. */
function integerLinear(scope: GraphScope, value: string): FoundLinear | null {
  const from = scope.produced(value)!
  let product = from
  let scales: WeightReference | null = null
  if (isOp(from.made, 'Mul')) {
    for (const side of [0, 1]) {
      const cast = scope.produced(from.made.inputs[side] ?? '')
      if (!cast || !isOp(cast.made, 'Cast')) continue
      const inner = scope.produced(cast.made.inputs[0] ?? '')
      if (!inner || !isOp(inner.made, 'MatMulInteger')) continue
      product = inner
      const factors = scope.produced(from.made.inputs[1 - side] ?? '')
      for (const name of factors?.made.inputs ?? []) scales ??= scope.tensor(name)?.reference ?? null
    }
    if (product === from) return null
  } else if (isMicrosoft(from.made, 'MatMulIntegerToFloat')) {
    scales = scope.tensor(from.made.inputs[3] ?? '')?.reference ?? null
  } else return null
  const { made } = product
  const found = scope.tensor(made.inputs[1] ?? '')
  const coded = scope.produced(made.inputs[0] ?? '')
  if (!found || found.tensor.dims.length !== 2 || !scales || !coded) return null
  if (!isOp(coded.made, 'DynamicQuantizeLinear')) return null
  const matrix = sizes(found, false)
  const isOneNode = made.op === 'MatMulIntegerToFloat'
  const zero = made.inputs[isOneNode ? 5 : 3] ?? ''
  const reader = { graph: product.graph, node: product.node }
  const bias = isOneNode && (made.inputs[6] ?? '') !== '' ? biasOf(scope, reader, 6, matrix.outputs) : null
  return {
    graph: product.graph,
    node: product.node,
    op: made.op,
    result: value,
    ...matrix,
    kind: 'quantised',
    reader: { graph: coded.graph, node: coded.node },
    readerInput: 0,
    input: coded.made.inputs[0]!,
    weightPath: [],
    bias: bias?.weight.name ?? null,
    biasReference: bias,
    quantisation: {
      kind: 'linear',
      scales,
      zeroPoints: zero === '' ? null : (scope.tensor(zero)?.reference ?? null),
    },
    quantisesActivations: true,
  }
}

function linearCodes(scales: FoundTensor, zeros: FoundTensor | null): WeightQuantisation {
  return { kind: 'linear', scales: scales.reference, zeroPoints: zeros?.reference ?? null }
}

function sizes(found: FoundTensor, turned: boolean) {
  const [rows, columns] = found.tensor.dims as [number, number]
  return {
    weight: found.reference.name,
    weightReference: found.reference,
    order: turned ? ('out-in' as const) : ('in-out' as const),
    inputs: turned ? columns : rows,
    outputs: turned ? rows : columns,
  }
}

interface Resolved {
  readonly found: FoundTensor
  /** True when a Transpose stands between. */
  readonly turned: boolean
  readonly path: readonly NodeAddress[]
  readonly dequantise: WeightQuantisation | null
}

/** The tensor behind a value that is a weight: through Identity, Cast, Transpose of two axes and DequantizeLinear. */
export function resolveWeight(scope: GraphScope, name: string): Resolved | null {
  let value = name
  let turned = false
  let dequantise: WeightQuantisation | null = null
  const path: NodeAddress[] = []
  for (let step = 0; step < 16; step++) {
    const found = scope.tensor(value)
    if (found) return { found, turned, path: path.toReversed(), dequantise }
    const from = scope.produced(value)
    if (!from || from.output !== 0) return null
    const { made } = from
    if (isOp(made, 'Transpose')) {
      const perm = intsAttribute(made, 'perm')
      if (perm && (perm.length !== 2 || perm[0] === perm[1])) return null
      if (!perm || perm[0] === 1) turned = !turned
    } else if (made.op === 'DequantizeLinear') {
      const scales = scope.tensor(made.inputs[1] ?? '')
      if (!scales || dequantise) return null
      dequantise = linearCodes(scales, scope.tensor(made.inputs[2] ?? ''))
    } else if (!isOp(made, 'Identity', 'Cast')) return null
    path.push({ graph: from.graph, node: from.node })
    value = made.inputs[0] ?? ''
  }
  return null
}

function matrixAt(scope: GraphScope, name: string) {
  const weight = resolveWeight(scope, name)
  if (!weight || weight.found.tensor.dims.length !== 2) return null
  if (!weight.dequantise && !float.has(weight.found.tensor.type)) return null
  return { found: weight.found, turned: weight.turned, path: weight.path, quantisation: weight.dequantise }
}

function behindIdentity(scope: GraphScope, name: string): string {
  let value = name
  for (let step = 0; step < 8; step++) {
    const from = scope.produced(value)
    if (!from || !isOp(from.made, 'Identity', 'Reshape', 'Cast') || isConstant(scope, value)) return value
    // The result of a flattened Gemm is shaped back before anything is added to it.
    value = from.made.inputs[0] ?? ''
  }
  return value
}
