import { activate } from './activation-nodes.ts'
import { softCap } from './attention-nodes.ts'
import { elementType } from './graph.ts'
import { perToken, type GraphParts } from './graph-parts.ts'
import { dimensionNames } from './graph-purpose.ts'
import { normalise } from './norm-nodes.ts'

/** From the residual stream to the outputs that the purpose asks for: logits, losses, ranks. */
export function headNodes(parts: GraphParts, x: string): void {
  const { b, layout, purpose } = parts
  const { vocabularySize, width, finalNorm } = layout
  if (layout.image) {
    const first = b.node('Gather', [b.node('Reshape', [x, perToken(parts, width)]), b.int(0)], { axis: 1 })
    const normed = finalNorm ? normalise(parts, first, finalNorm, width) : first
    b.output(logitNodes(parts, normed, 'logits'), elementType.float, ['batch', vocabularySize])
    return
  }
  const hidden = finalNorm ? normalise(parts, x, finalNorm, width) : x
  if (purpose.output === 'last-logits') {
    const perSequence = b.node('Reshape', [hidden, perToken(parts, width)])
    const last = b.node('Gather', [perSequence, b.int(-1)], { axis: 1 })
    b.output(logitNodes(parts, last, 'logits'), elementType.float, ['batch', vocabularySize])
    return
  }
  const flat = logitNodes(parts, hidden)
  if (purpose.output === 'logits') {
    const split = perToken(parts, vocabularySize)
    const { batch, sequence } = dimensionNames(purpose)
    b.output(b.node('Reshape', [flat, split], {}, 'logits'), elementType.float, [batch, sequence, vocabularySize])
    return
  }
  lossNodes(parts, flat)
}

/** Logits of rows of the residual stream after its last norm: [rows, vocabulary]. */
function logitNodes(parts: GraphParts, hidden: string, as?: string): string {
  const { b, layout, weights } = parts
  const { outputProjection, headTransform, head, logitSoftCap } = layout
  let x = outputProjection ? weights.linear(hidden, outputProjection) : hidden
  if (headTransform) {
    const { linear, activation, norm } = headTransform
    x = normalise(parts, activate(b, weights.linear(x, linear), activation, false), norm, linear.outputs)
  }
  if (logitSoftCap === undefined) return weights.linear(x, head, as)
  return softCap(parts, weights.linear(x, head), logitSoftCap, as)
}

/** Losses of the targets in nats, and their ranks where the purpose asks for them: [batch, sequence] each. */
function lossNodes({ b, purpose, batch, sequence }: GraphParts, flat: string): void {
  const targets = b.input('targets', elementType.int64, ['batch', 'sequence'])
  const column = b.node('Reshape', [targets, b.ints([-1, 1])])
  const perWindow = b.node('Concat', [batch, sequence], { axis: 0 })
  const logProbability = b.node('GatherElements', [b.node('LogSoftmax', [flat], { axis: -1 }), column], { axis: 1 })
  const losses = b.node('Neg', [logProbability])
  b.output(b.node('Reshape', [losses, perWindow], {}, 'losses'), elementType.float, ['batch', 'sequence'])
  if (purpose.output === 'losses') return
  const targetLogit = b.node('GatherElements', [flat, column], { axis: 1 })
  const above = b.node('Cast', [b.node('Greater', [flat, targetLogit])], { to: elementType.float })
  const ranks = b.node('ReduceSum', [above, b.ints([1])], { keepdims: 0 })
  b.output(b.node('Reshape', [ranks, perWindow], {}, 'ranks'), elementType.float, ['batch', 'sequence'])
}
