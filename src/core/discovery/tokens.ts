import type { ModelValue } from '../onnx/model-graph.ts'
import type { BranchParts } from './branch.ts'
import { isConstant, isLayout, isNeutral } from './constants.ts'
import { isOp, refusal, type GraphScope } from './graph-scope.ts'
import type { ReaderIndex } from './readers.ts'
import type { FoundTable } from './stream.ts'

export interface FoundTokens {
  readonly tokens: ModelValue
  readonly tokenTable: FoundTable
  readonly positionTables: readonly FoundTable[]
}

/** Which of the tables that the stream starts from is the one of tokens, and the input that picks its rows. */
export function findTokens({ model }: ReaderIndex, branch: BranchParts): FoundTokens {
  const { scope, head, stream } = branch
  const direct = stream.tables.flatMap((table) => {
    const input = directInput(scope, table.indices)
    const isIds = input !== null && [0, 6, 7].includes(input.type) && (input.dims?.length ?? 2) === 2
    return isIds ? [{ table, input }] : []
  })
  if (direct.length === 0) {
    throw refusal(model, 'it is no language model: no input is token ids that pick rows of an embedding')
  }
  const score = (table: FoundTable) => (table.rows === head.outputs ? 2 ** 40 : 0) + table.rows
  const best = direct.toSorted((a, b) => score(b.table) - score(a.table))
  const [first, second] = best
  if (second && score(second.table) === score(first!.table) && second.input.name !== first!.input.name) {
    // Two tables of one size: positions are as many as tokens. The name is the only difference left.
    const named = best.filter(
      ({ input }) => /ids?$|token|input/i.test(input.name) && !/position|type/i.test(input.name),
    )
    if (named.length !== 1) throw refusal(model, 'two of its inputs could be token ids')
    return sorted(named[0]!, stream.tables)
  }
  return sorted(first!, stream.tables)
}

function sorted(found: { table: FoundTable; input: ModelValue }, tables: readonly FoundTable[]): FoundTokens {
  const isPositions = (table: FoundTable) => table.weight !== found.table.weight && table.rows > 4
  return { tokens: found.input, tokenTable: found.table, positionTables: tables.filter(isPositions) }
}

/** The input of the model that a value is, moved about at most. */
function directInput(scope: GraphScope, start: string): ModelValue | null {
  let value = start
  for (let step = 0; step < 32; step++) {
    const input = scope.modelInput(value)
    if (input) return input
    const from = scope.produced(value)
    if (!from || from.made.domain !== '') return null
    const { made } = from
    if (isNeutral(made.op) || isLayout(made.op) || isOp(made, 'Clip')) value = made.inputs[0] ?? ''
    else if (isOp(made, 'Where', 'Add', 'Sub', 'Mul', 'Max', 'Min')) {
      // Ids that are out of range are put back into it.
      const live = made.inputs.filter((name) => !isConstant(scope, name))
      const inputs = new Set(live.map((name) => directInput(scope, name)?.name))
      const [only] = inputs
      if (inputs.size !== 1 || only === undefined) return null
      return scope.modelInput(only)
    } else return null
  }
  return null
}
