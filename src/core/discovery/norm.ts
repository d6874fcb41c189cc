import { behind, isConstant, numberOf } from './constants.ts'
import { isMicrosoft, isOp, type GraphScope } from './graph-scope.ts'

/** The value that is normalised to give `value`; null when `value` is not the result of a norm over the last axis. */
export function normInput(scope: GraphScope, value: string): string | null {
  let inner = value
  for (let step = 0; step < 8; step++) {
    inner = behind(scope, inner)
    const from = scope.produced(inner)
    if (!from || from.output !== 0) return null
    const { made } = from
    if (isNormNode(scope, inner)) return made.inputs[0]!
    const core = decomposedCore(scope, inner)
    if (core !== null) return core
    // Weight and bias.
    if (!isOp(made, 'Mul', 'Add')) return null
    const [a, b] = [made.inputs[0] ?? '', made.inputs[1] ?? '']
    if (isConstant(scope, a)) inner = b
    else if (isConstant(scope, b)) inner = a
    else return null
  }
  return null
}

function isNormNode(scope: GraphScope, value: string): boolean {
  const { made } = scope.produced(value)!
  return (
    isOp(made, 'LayerNormalization', 'RMSNormalization', 'SimplifiedLayerNormalization', 'LpNormalization') ||
    isMicrosoft(made, 'LayerNormalization', 'SimplifiedLayerNormalization')
  )
}

/** x or x less its mean, over the root of the mean of its squares. */
function decomposedCore(scope: GraphScope, value: string): string | null {
  const { made } = scope.produced(value)!
  const [a, b] = [made.inputs[0] ?? '', made.inputs[1] ?? '']
  if (isOp(made, 'Div')) return rootOf(scope, b, a) ? uncentred(scope, a) : null
  if (!isOp(made, 'Mul')) return null
  for (const [x, factor] of [
    [a, b],
    [b, a],
  ] as const) {
    const from = scope.produced(behind(scope, factor))
    if (!from) continue
    const { made: inverse } = from
    let root: string | null = null
    if (isOp(inverse, 'Reciprocal')) root = inverse.inputs[0]!
    else if (isOp(inverse, 'Div') && numberOf(scope, inverse.inputs[0]!) === 1) root = inverse.inputs[1]!
    if (root !== null && rootOf(scope, root, x)) return uncentred(scope, x)
    if (isOp(inverse, 'Pow') && numberOf(scope, inverse.inputs[1]!) === -0.5) {
      if (meanSquareOf(scope, inverse.inputs[0]!, x)) return uncentred(scope, x)
    }
  }
  return null
}

/** True when `root` is the square root of the mean square of x, with a small number added before or after. */
function rootOf(scope: GraphScope, root: string, x: string): boolean {
  let value = behind(scope, root)
  let from = scope.produced(value)
  // Old exports add epsilon to the root.
  if (from && isOp(from.made, 'Add')) {
    const [a, b] = [from.made.inputs[0] ?? '', from.made.inputs[1] ?? '']
    value = behind(scope, isConstant(scope, a) ? b : a)
    from = scope.produced(value)
  }
  if (from && isOp(from.made, 'Pow') && numberOf(scope, from.made.inputs[1]!) === 0.5) {
    return meanSquareOf(scope, from.made.inputs[0]!, x)
  }
  return from !== null && isOp(from.made, 'Sqrt') && meanSquareOf(scope, from.made.inputs[0]!, x)
}

function meanSquareOf(scope: GraphScope, mean: string, x: string): boolean {
  let value = behind(scope, mean)
  let from = scope.produced(value)
  if (from && isOp(from.made, 'Add', 'Max', 'Clip')) {
    const [a, b] = [from.made.inputs[0] ?? '', from.made.inputs[1] ?? '']
    value = behind(scope, isConstant(scope, a) ? b : a)
    from = scope.produced(value)
  }
  if (!from || !isOp(from.made, 'ReduceMean', 'ReduceSumSquare')) return false
  if (from.made.op === 'ReduceSumSquare') return same(scope, from.made.inputs[0]!, x)
  const square = scope.produced(behind(scope, from.made.inputs[0]!))
  if (!square) return false
  const { made } = square
  if (isOp(made, 'Pow')) return numberOf(scope, made.inputs[1]!) === 2 && same(scope, made.inputs[0]!, x)
  return isOp(made, 'Mul') && same(scope, made.inputs[0]!, x) && same(scope, made.inputs[1]!, x)
}

/** True when two values hold the same numbers: one value, or the same differences from a mean computed twice. */
function same(scope: GraphScope, a: string, b: string): boolean {
  const [left, right] = [behind(scope, a), behind(scope, b)]
  if (left === right) return true
  const x = uncentred(scope, left)
  return x !== left && x === uncentred(scope, right)
}

/** x of x less its mean; any other value as it is. */
function uncentred(scope: GraphScope, value: string): string {
  const inner = behind(scope, value)
  const from = scope.produced(inner)
  if (!from || !isOp(from.made, 'Sub')) return inner
  const x = behind(scope, from.made.inputs[0]!)
  const mean = scope.produced(behind(scope, from.made.inputs[1]!))
  const isMean = mean !== null && isOp(mean.made, 'ReduceMean') && behind(scope, mean.made.inputs[0]!) === x
  return isMean ? x : inner
}
