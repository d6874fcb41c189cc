import type { Activation, AttentionLayout, Linear, MlpLayout } from './layout.ts'

/**
 * Heads of one width, all of whose columns are there. Query heads share the key-value heads in groups of one size (Ainslie et al. 2023);
 * each has its own when `keyValueHeadCount` is left out. Scores are divided by the square root of the width (Vaswani et al. 2017).
 */
export function evenHeads(
  headWidth: number,
  headCount: number,
  keyValueHeadCount: number = headCount,
): Pick<AttentionLayout, 'headWidth' | 'headCount' | 'keyValueHeadCount' | 'keyValueOfHead' | 'scale' | 'keptColumns'> {
  const group = headCount / keyValueHeadCount
  return {
    headWidth,
    headCount,
    keyValueHeadCount,
    keyValueOfHead: Array.from({ length: headCount }, (_, head) => Math.floor(head / group)),
    scale: 1 / Math.sqrt(headWidth),
    keptColumns: null,
  }
}

/** An MLP without a gate: down(activation(up(x))). */
export function twoMatrixMlp(activation: Activation, up: Linear, down: Linear): MlpLayout {
  return { kind: 'mlp', activation, gate: null, up, down }
}
