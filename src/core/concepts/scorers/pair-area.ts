import { areaUnderCurve } from '../../stats/area-under-curve.ts'
import type { Embedder } from '../embedders/embedder.ts'

/** Two concept sentences and whether a person would say that both name the same kind of thing. */
export interface ConceptPair {
  readonly a: string
  readonly b: string
  readonly related: boolean
}

/**
 * Probability that an embedder finds a related pair more alike (by cosine) than an unrelated one: the measure that an
 * embedder must pass with 0.8 to be a default.
 */
export function pairArea(embedder: Embedder, pairs: readonly ConceptPair[]): number | null {
  const a = embedder.embed(pairs.map((pair) => pair.a))
  const b = embedder.embed(pairs.map((pair) => pair.b))
  const related: number[] = []
  const unrelated: number[] = []
  pairs.forEach((pair, i) => {
    let cosine = 0
    for (let k = i * embedder.dims; k < (i + 1) * embedder.dims; k++) cosine += (a[k] as number) * (b[k] as number)
    ;(pair.related ? related : unrelated).push(cosine)
  })
  return areaUnderCurve(related, unrelated)
}
