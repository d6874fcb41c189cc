/**
 * Whether one sentence goes before another one of the same neuron in one file: by its score, and where only one of them is scored, that
 * one. Of equal ones neither does: the first in the file stays.
 */
export function isBetter(score: number | null, than: number | null): boolean {
  const [one, other] = [numberOf(score), numberOf(than)]
  return one > other
}

function numberOf(score: number | null): number {
  return score === null || Number.isNaN(score) ? Number.NEGATIVE_INFINITY : score
}
