import { describe, expect, it } from 'vitest'
import { cohenKappa } from '../../../src/core/stats/agreement.ts'

/** Labels of two raters from a table of counts: counts[i][j] items that the first called i and the second j. */
function ratersOf(counts: readonly (readonly number[])[]): readonly [string[], string[]] {
  const first: string[] = []
  const second: string[] = []
  for (const [i, row] of counts.entries()) {
    for (const [j, count] of row.entries()) {
      for (let item = 0; item < count; item++) {
        first.push(`label ${i}`)
        second.push(`label ${j}`)
      }
    }
  }
  return [first, second]
}

describe('cohenKappa', () => {
  it('is 0.4 for 20, 5, 10 and 15 of 50: p_o = 0.7, p_e = 0.5 x 0.6 + 0.5 x 0.4', () => {
    const { n, same, kappa } = cohenKappa(
      ...ratersOf([
        [20, 5],
        [10, 15],
      ]),
    )
    expect([n, same]).toEqual([50, 35])
    expect(kappa).toBeCloseTo(0.4, 12)
  })

  it('counts three labels: p_o = 0.75, p_e = 10 x 10 + 6 x 5 + 4 x 5 of 400', () => {
    const counts = [
      [8, 1, 1],
      [1, 4, 1],
      [1, 0, 3],
    ]
    expect(cohenKappa(...ratersOf(counts)).kappa).toBeCloseTo(0.6, 12)
  })

  it('is 1 for raters who always agree, and below 0 for those who never do', () => {
    expect(cohenKappa(['a', 'b', 'a', 'b'], ['a', 'b', 'a', 'b']).kappa).toBe(1)
    expect(cohenKappa(['a', 'b', 'a', 'b'], ['b', 'a', 'b', 'a']).kappa).toBe(-1)
  })

  it('is null where chance alone would always agree, and for nothing', () => {
    expect(cohenKappa(['a', 'a'], ['a', 'a'])).toEqual({ n: 2, same: 2, kappa: null })
    expect(cohenKappa([], [])).toEqual({ n: 0, same: 0, kappa: null })
  })
})
