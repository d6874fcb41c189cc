/** Milliseconds per token of the longest sequences, the fastest run. */
export class Stopwatch {
  #tokens = 0
  #best = Infinity

  async time<T>(tokens: number, work: () => Promise<T>): Promise<T> {
    const start = performance.now()
    const result = await work()
    const perToken = (performance.now() - start) / tokens
    if (tokens > this.#tokens) [this.#tokens, this.#best] = [tokens, perToken]
    else if (tokens === this.#tokens) this.#best = Math.min(this.#best, perToken)
    return result
  }

  get best(): number {
    return this.#best
  }
}

/** A NaN on either side does not pass for equal: then it is infinite. */
export function largestDifference(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return Infinity
  let largest = 0
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i]! - b[i]!)
    if (!(difference <= largest)) largest = Number.isNaN(difference) ? Infinity : difference
  }
  return largest
}

export function likeliest(logits: Float32Array): number {
  let best = 0
  for (let i = 1; i < logits.length; i++) if (logits[i]! > logits[best]!) best = i
  return best
}
