import { elementType, type GraphBuilder } from './graph.ts'
import { reduceOver } from './reduce-nodes.ts'

/**
 * Losses of the input `targets` [batch, sequence] under `logits` f32 [tokens, vocabulary], in nats: output `losses` [batch, sequence];
 * `losses-and-ranks` adds `ranks`, the number of logits above the target's.
 */
export function lossNodes(
  b: GraphBuilder,
  logits: string,
  output: 'losses' | 'losses-and-ranks',
  { batch, sequence, opset }: { readonly batch: string; readonly sequence: string; readonly opset: number },
): void {
  const targets = b.input('targets', elementType.int64, ['batch', 'sequence'])
  const column = b.node('Reshape', [targets, b.ints([-1, 1])])
  const perWindow = b.node('Concat', [batch, sequence], { axis: 0 })
  const logProbability = b.node('GatherElements', [b.node('LogSoftmax', [logits], { axis: -1 }), column], { axis: 1 })
  const losses = b.node('Neg', [logProbability])
  b.output(b.node('Reshape', [losses, perWindow], {}, 'losses'), elementType.float, ['batch', 'sequence'])
  if (output === 'losses') return
  const targetLogit = b.node('GatherElements', [logits, column], { axis: 1 })
  const above = b.node('Cast', [b.node('Greater', [logits, targetLogit])], { to: elementType.float })
  const ranks = reduceOver(b, 'ReduceSum', above, [1], false, opset)
  b.output(b.node('Reshape', [ranks, perWindow], {}, 'ranks'), elementType.float, ['batch', 'sequence'])
}
