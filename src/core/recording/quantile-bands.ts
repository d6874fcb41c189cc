/** Bands of window maxima by quantile, after the records of the original neuron explainer (methods 1.1). */
export const quantileBands = [
  { from: 0, to: 0.5 },
  { from: 0.5, to: 0.9 },
  { from: 0.9, to: 0.99 },
  { from: 0.99, to: 0.999 },
] as const

/** Windows listed per band. */
const mostListed = 5
/** Below this a band is too thin to stand for its quantiles, and says so. */
const fewestWindows = 3

export interface QuantileBand {
  readonly from: number
  readonly to: number
  /** Windows of the sample that fall into the band. */
  readonly count: number
  /** Smallest and largest window maximum in the band; null for an empty band. */
  readonly low: number | null
  readonly high: number | null
  /** Positions in `maxima` of up to 5 of its windows, evenly spread over the band, ascending by maximum. */
  readonly picked: readonly number[]
  readonly note?: string
}

/**
 * Sorts a neuron's sampled window maxima into the four lower bands. The window of ascending rank r (from 0) among S
 * stands at quantile (r + 0.5) / S; ties go to the earlier window first. The band above 0.999 comes from the top list.
 */
export function bandsOf(maxima: ArrayLike<number>): QuantileBand[] {
  const order = Array.from({ length: maxima.length }, (_, at) => at)
  order.sort((a, b) => (maxima[a] as number) - (maxima[b] as number) || a - b)
  return quantileBands.map(({ from, to }) => {
    const first = firstRankAt(from, maxima.length)
    const members = order.slice(first, firstRankAt(to, maxima.length))
    const band = {
      from,
      to,
      count: members.length,
      low: members.length === 0 ? null : (maxima[members[0] as number] as number),
      high: members.length === 0 ? null : (maxima[members.at(-1) as number] as number),
      picked: spread(members),
    }
    return members.length < fewestWindows ? { ...band, note: thinNote(members.length) } : band
  })
}

/** The smallest rank whose quantile is at least `quantile`. */
function firstRankAt(quantile: number, count: number): number {
  // Rounded first: 0.9 x 1000 - 0.5 must not become 899.5000000000001.
  return Math.max(0, Math.ceil(Math.round((quantile * count - 0.5) * 1e9) / 1e9))
}

function spread(members: readonly number[]): number[] {
  if (members.length <= mostListed) return [...members]
  return Array.from(
    { length: mostListed },
    (_, at) => members[Math.round((at * (members.length - 1)) / (mostListed - 1))] as number,
  )
}

function thinNote(count: number): string {
  const windows = count === 0 ? 'no window' : count === 1 ? 'only 1 window' : `only ${count} windows`
  return `${windows} of the sample in this band`
}
