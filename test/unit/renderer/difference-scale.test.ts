import { describe, expect, it } from 'vitest'
import { differenceScale, differences, shadeOf } from '../../../src/renderer/components/difference-scale.ts'

describe('the scale of differences', () => {
  it('subtracts the original, and has nothing where a side has nothing', () => {
    expect(differences([null, -1, -2], [null, -3, -1.5])).toEqual([null, -2, 0.5])
  })

  it('is one scale for both sides, with a round end', () => {
    expect(differenceScale([0.3, -0.7], [null, 1.7]).limit).toBe(2)
    expect(differenceScale([0, 0], [null]).limit).toBe(0.1)
    expect(differenceScale([]).limit).toBe(0.1)
  })

  it('is not stretched by one odd token among many', () => {
    const many = Array.from({ length: 200 }, () => 0.4)
    expect(differenceScale([...many, 40]).limit).toBe(0.5)
  })

  it('has zero in the middle and full colour at both ends', () => {
    const scale = { limit: 2 }
    expect(shadeOf(0, scale)).toEqual({ hue: 'none', share: 0 })
    expect(shadeOf(null, scale)).toEqual({ hue: 'none', share: 0 })
    expect(shadeOf(-1, scale)).toEqual({ hue: 'lower', share: 0.5 })
    expect(shadeOf(5, scale)).toEqual({ hue: 'higher', share: 1 })
  })
})
