import type { TokenLogprobs } from '../language-model.ts'

/**
 * Expected activation at one place: sum of v p(v) over sum of p(v), over those of "0" to "10" among the likeliest tokens, so that
 * what is no number counts for nothing (OpenAI's expected value). Null when none of them is there.
 */
export function expectedActivation(top: TokenLogprobs['top']): number | null {
  let mass = 0
  let sum = 0
  for (const { token, logprob } of top) {
    const text = token.trim()
    if (!/^(?:\d|10)$/.test(text)) continue
    const probability = Math.exp(logprob)
    mass += probability
    sum += probability * Number(text)
  }
  return mass > 0 ? sum / mass : null
}
