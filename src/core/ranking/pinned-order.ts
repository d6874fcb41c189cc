/** Codes of pins, per flat index, as in the neuron table. */
export const pinCodes = { none: 0, always: 1, never: 2 } as const

/** The order in which neurons go. `flats` and `scores` run in parallel, best candidate first. */
export interface PinnedOrder {
  readonly flats: Uint32Array
  /** Importance; NaN for a pinned neuron that the ranking does not order. */
  readonly scores: Float32Array<ArrayBuffer>
  /** How many stand at the front because they are pinned. */
  readonly pinnedAlways: number
}

/**
 * A ranking with pins applied: the always-pruned first, in their ranking order and then those that the ranking does not
 * order, by flat index; the never-pruned left out. `pins` has one code per neuron of the space. One pass over typed arrays.
 */
export function applyPins(flats: Uint32Array, scores: Float64Array, pins: Uint8Array): PinnedOrder {
  const { always, never } = pinCodes
  const isRanked = new Uint8Array(pins.length)
  let rankedAlways = 0
  let rankedNever = 0
  let allAlways = 0
  for (const pin of pins) if (pin === always) allAlways++
  for (const flat of flats) {
    const pin = pins[flat]
    if (pin === always) {
      isRanked[flat] = 1
      rankedAlways++
    } else if (pin === never) rankedNever++
  }
  const length = flats.length - rankedNever + allAlways - rankedAlways
  const order = { flats: new Uint32Array(length), scores: new Float32Array(length), pinnedAlways: allAlways }
  let front = 0
  let back = allAlways
  for (let at = 0; at < flats.length; at++) {
    const flat = flats[at] as number
    const pin = pins[flat]
    if (pin === never) continue
    const to = pin === always ? front++ : back++
    order.flats[to] = flat
    order.scores[to] = scores[at] as number
  }
  if (front < allAlways) {
    for (let flat = 0; flat < pins.length; flat++) {
      if (pins[flat] !== always || isRanked[flat] === 1) continue
      order.flats[front] = flat
      order.scores[front++] = Number.NaN
    }
  }
  return order
}
