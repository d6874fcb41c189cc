import { activate } from './activation-nodes.ts'
import { softCap } from './attention-nodes.ts'
import { elementType } from './graph.ts'
import { perToken, type GraphParts } from './graph-parts.ts'
import { dimensionNames } from './graph-purpose.ts'
import { lossNodes } from './loss-nodes.ts'
import { normalise } from './norm-nodes.ts'
import { modelOpset } from './serialise.ts'

/** From the residual stream to the outputs that the purpose asks for: logits, losses, ranks. */
export function headNodes(parts: GraphParts, x: string): void {
  const { b, layout, purpose } = parts
  const { vocabularySize, width, finalNorm } = layout
  if (layout.image) {
    const first = b.node('Gather', [b.node('Reshape', [x, perToken(parts, width)]), b.int(0)], { axis: 1 })
    const normed = finalNorm ? normalise(parts, first, finalNorm, width) : first
    b.output(logitNodes(parts, normed, 'logits'), elementType.float, [dimensionNames(purpose).batch, vocabularySize])
    return
  }
  const hidden = finalNorm ? normalise(parts, x, finalNorm, width) : x
  if (purpose.output === 'last-logits') {
    const perSequence = b.node('Reshape', [hidden, perToken(parts, width)])
    const last = b.node('Gather', [perSequence, b.int(-1)], { axis: 1 })
    b.output(logitNodes(parts, last, 'logits'), elementType.float, ['batch', vocabularySize])
    return
  }
  if (purpose.output === 'logits-at') {
    const places = b.input('places', elementType.int64, ['places'])
    const chosen = b.node('Gather', [b.node('Reshape', [hidden, b.ints([-1, width])]), places], { axis: 0 })
    b.output(logitNodes(parts, chosen, 'logits'), elementType.float, ['places', vocabularySize])
    return
  }
  const flat = logitNodes(parts, hidden)
  if (purpose.output === 'logits') {
    const split = perToken(parts, vocabularySize)
    const { batch, sequence } = dimensionNames(purpose)
    b.output(b.node('Reshape', [flat, split], {}, 'logits'), elementType.float, [batch, sequence, vocabularySize])
    return
  }
  const output = purpose.output === 'losses-and-ranks' ? 'losses-and-ranks' : 'losses'
  lossNodes(b, flat, output, { batch: parts.batch, sequence: parts.sequence, opset: modelOpset })
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
