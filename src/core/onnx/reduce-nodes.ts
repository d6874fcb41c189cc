import type { GraphBuilder } from './graph.ts'

/** A reduction over axes, which are an attribute in old operator sets and an input in newer ones (ReduceSum from 13 on, others from 18). */
export function reduceOver(
  b: GraphBuilder,
  op: 'ReduceMax' | 'ReduceSum',
  value: string,
  axes: readonly number[],
  keepdims: boolean,
  opset: number,
  as?: string,
): string {
  const flag = keepdims ? 1 : 0
  const asInput = opset >= (op === 'ReduceSum' ? 13 : 18)
  return asInput
    ? b.node(op, [value, b.ints(axes)], { keepdims: flag }, as)
    : b.node(op, [value], { axes, keepdims: flag }, as)
}
