/** Counts of one thing on the two sides: `forget` of `forgetTotal`, `reference` of `referenceTotal`. */
export interface Contrast {
  readonly forget: number
  readonly forgetTotal: number
  readonly reference: number
  readonly referenceTotal: number
}

/**
 * z-score of the log-odds ratio with an informative Dirichlet prior (Monroe, Colaresi and Quinn 2008, equations 15, 16,
 * 20 and 22): the prior has `priorSize` pseudo-counts, of which this thing gets its share in both sides together.
 * Positive when it is more common on the forget side; 0 when it occurs on neither or is all there is.
 */
export function logOddsZ(counts: Contrast, priorSize: number): number {
  const share = (counts.forget + counts.reference) / (counts.forgetTotal + counts.referenceTotal)
  if (!(share > 0) || share >= 1) return 0
  const prior = share * priorSize
  const forget = counts.forget + prior
  const reference = counts.reference + prior
  const delta =
    Math.log(forget / (counts.forgetTotal + priorSize - forget)) -
    Math.log(reference / (counts.referenceTotal + priorSize - reference))
  return delta / Math.sqrt(1 / forget + 1 / reference)
}
