import { intAttribute, type GraphScope } from './graph-scope.ts'

const deepest = 32

/** A value that depends on no input: an initializer, a Constant, or simple arithmetic of such. */
export function isConstant(scope: GraphScope, name: string, depth = 0): boolean {
  const known = scope.constants.get(name)
  if (known !== undefined) return known
  const found = readConstant(scope, name, depth)
  scope.constants.set(name, found)
  return found
}

function readConstant(scope: GraphScope, name: string, depth: number): boolean {
  if (name === '' || scope.tensor(name)) return true
  const from = scope.produced(name)
  if (!from || depth > deepest) return false
  const { made } = from
  if (made.op === 'Constant') return true
  if (made.op === 'Shape' || made.op.startsWith('Random') || made.inputs.length === 0) return false
  for (const attribute of made.attributes.values()) if (attribute.kind === 'graph') return false
  return made.inputs.every((input) => isConstant(scope, input, depth + 1))
}

/** The numbers of a small constant; null when it is not constant or not small. */
export function numbersOf(scope: GraphScope, name: string): readonly number[] | null {
  const values = partlyKnown(scope, name)
  if (!values || values.includes(null)) return null
  return values as readonly number[]
}

/** The one number of a small constant. */
export function numberOf(scope: GraphScope, name: string): number | null {
  const values = numbersOf(scope, name)
  return values?.length === 1 ? values[0]! : null
}

/** Entries of a list such as the target of a Reshape; null for an entry that is computed, and for a list of unknown length. */
export function partlyKnown(scope: GraphScope, name: string, depth = 0): readonly (number | null)[] | null {
  const known = scope.lists.get(name)
  if (known !== undefined) return known
  const found = readList(scope, name, depth)
  scope.lists.set(name, found)
  return found
}

function readList(scope: GraphScope, name: string, depth: number): readonly (number | null)[] | null {
  const found = scope.tensor(name)
  if (found) return found.tensor.values
  const from = scope.produced(name)
  if (!from || depth > deepest) return null
  const { made } = from
  if (made.domain !== '') return null
  const read = (input: number) => partlyKnown(scope, made.inputs[input] ?? '', depth + 1)
  switch (made.op) {
    case 'Constant': {
      for (const key of ['value_int', 'value_ints', 'value_float', 'value_floats']) {
        const attribute = made.attributes.get(key)
        if (attribute?.kind === 'int' || attribute?.kind === 'float') return [attribute.value]
        if (attribute?.kind === 'ints' || attribute?.kind === 'floats') return attribute.value
      }
      return null
    }
    case 'Identity':
    case 'Cast':
    case 'Squeeze':
    case 'Reshape':
      return read(0)
    case 'Unsqueeze':
      // A scalar that is computed becomes one unknown entry.
      return read(0) ?? [null]
    case 'Concat': {
      const all: (number | null)[] = []
      for (let i = 0; i < made.inputs.length; i++) {
        const part = read(i)
        if (!part || all.length + part.length > 64) return null
        all.push(...part)
      }
      return all
    }
    case 'Slice': {
      const starts = read(1)
      const ends = read(2)
      const start = starts?.[0]
      const end = ends?.[0]
      if (starts?.length !== 1 || typeof start !== 'number' || typeof end !== 'number') return null
      const whole = read(0)
      if (whole) return whole.slice(start, Math.min(end, whole.length))
      if (start < 0 || end < start || end - start > 8) return null
      return Array.from({ length: end - start }, () => null)
    }
    case 'Gather': {
      const whole = read(0)
      const at = read(1)
      if (!whole || at?.length !== 1 || typeof at[0] !== 'number' || intAttribute(made, 'axis', 0) !== 0) return null
      return [whole.at(at[0]) ?? null]
    }
    case 'Shape': {
      const dims = scope.declaredDims(made.inputs[0] ?? '')
      return dims?.map((size) => (typeof size === 'number' ? size : null)) ?? null
    }
    case 'Add':
    case 'Sub':
    case 'Mul':
    case 'Div': {
      const a = read(0)
      const b = read(1)
      if (a?.length !== 1 || b?.length !== 1) return null
      const [left, right] = [a[0], b[0]]
      if (typeof left !== 'number' || typeof right !== 'number') return [null]
      return [arithmetic(made.op, left, right)]
    }
    default:
      return null
  }
}

function arithmetic(op: 'Add' | 'Sub' | 'Mul' | 'Div', left: number, right: number): number | null {
  if (op === 'Add') return left + right
  if (op === 'Sub') return left - right
  if (op === 'Mul') return left * right
  if (right === 0) return null
  const both = Number.isInteger(left) && Number.isInteger(right)
  return both ? Math.trunc(left / right) : left / right
}

/** Operators that hand the numbers on as they are, but for rounding. */
export function isNeutral(op: string): boolean {
  return op === 'Identity' || op === 'Cast' || op === 'Dropout' || op === 'QuantizeLinear' || op === 'DequantizeLinear'
}

/** Operators that only move numbers about. */
export function isLayout(op: string): boolean {
  return op === 'Reshape' || op === 'Transpose' || op === 'Squeeze' || op === 'Unsqueeze' || op === 'Flatten'
}

/** The value behind nodes that hand numbers on unchanged, and with `layout` also behind those that only move them. */
export function behind(scope: GraphScope, name: string, layout = false): string {
  let value = name
  for (let step = 0; step < 64; step++) {
    const from = scope.produced(value)
    if (!from || from.output !== 0 || from.made.domain !== '') return value
    if (!isNeutral(from.made.op) && !(layout && isLayout(from.made.op))) return value
    value = from.made.inputs[0] ?? ''
  }
  return value
}
