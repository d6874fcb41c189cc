import { describe, expect, it } from 'vitest'
import { createRandom, deriveSeed, xoshiro128 } from '../../../src/core/stats/random.ts'

describe('createRandom', () => {
  it('steps xoshiro128** as the reference implementation does', () => {
    const next = xoshiro128([1, 2, 3, 4])
    expect(Array.from({ length: 6 }, next)).toEqual([11520, 0, 5927040, 70819200, 2031721883, 1637235492])
  })

  it('gives the same numbers for a seed, for ever', () => {
    const random = createRandom(7)
    expect([random.uint32(), random.uint32(), random.uint32()]).toEqual([2173234205, 3538642165, 1031155391])
  })

  it('tells seeds apart above 2^32 too', () => {
    const firsts = [0, 1, 2 ** 32, 2 ** 32 + 1, 2 ** 53 - 1].map((seed) => createRandom(seed).uint32())
    expect(new Set(firsts).size).toBe(5)
  })

  it('refuses seeds that are not whole numbers from 0 to 2^53 - 1', () => {
    for (const seed of [-1, 0.5, Number.NaN, 2 ** 53]) expect(() => createRandom(seed)).toThrow(RangeError)
  })

  it('draws uniform numbers in [0, 1) with mean 1/2 and variance 1/12', () => {
    const random = createRandom(1)
    const n = 100_000
    let sum = 0
    let sumSquares = 0
    let fine = false
    for (let i = 0; i < n; i++) {
      const value = random.uniform()
      if (value < 0 || value >= 1) throw new Error(`out of range: ${value}`)
      if (!Number.isInteger(value * 2 ** 32)) fine = true
      sum += value
      sumSquares += value * value
    }
    expect(fine).toBe(true)
    expect(sum / n).toBeCloseTo(0.5, 2)
    expect(sumSquares / n - (sum / n) ** 2).toBeCloseTo(1 / 12, 2)
  })

  it('draws integers evenly and within range', () => {
    const random = createRandom(2)
    const counts = [0, 0, 0]
    for (let i = 0; i < 30_000; i++) counts[random.integer(3)]! += 1
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(300)
    for (let i = 0; i < 1000; i++) expect(random.integer(2 ** 53 - 1)).toBeLessThan(2 ** 53 - 1)
    expect(random.integer(1)).toBe(0)
    expect(() => random.integer(0)).toThrow(RangeError)
  })

  it('draws standard normal numbers', () => {
    const random = createRandom(3)
    const n = 100_000
    let sum = 0
    let sumSquares = 0
    for (let i = 0; i < n; i++) {
      const value = random.normal()
      sum += value
      sumSquares += value * value
    }
    expect(Math.abs(sum / n)).toBeLessThan(0.01)
    expect(Math.abs(sumSquares / n - 1)).toBeLessThan(0.02)
  })

  it('shuffles in place, typed arrays too, every order equally often', () => {
    const random = createRandom(4)
    const counts = new Map<string, number>()
    for (let i = 0; i < 6000; i++) {
      const array = new Int32Array([1, 2, 3])
      random.shuffle(array)
      counts.set(array.join(), (counts.get(array.join()) ?? 0) + 1)
    }
    expect(counts.size).toBe(6)
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150)
  })

  it('samples k distinct numbers, ascending, each equally often', () => {
    const random = createRandom(5)
    const counts = Array.from({ length: 10 }, () => 0)
    for (let i = 0; i < 10_000; i++) {
      const sample = random.sample(10, 3)
      expect(sample).toEqual([...new Set(sample)].toSorted((a, b) => a - b))
      for (const index of sample) counts[index]! += 1
    }
    for (const count of counts) expect(Math.abs(count - 3000)).toBeLessThan(200)
    expect(random.sample(4, 4)).toEqual([0, 1, 2, 3])
    expect(random.sample(4, 0)).toEqual([])
    expect(() => random.sample(2, 3)).toThrow(RangeError)
  })
})

describe('deriveSeed', () => {
  it('gives streams by name that differ by name and by seed', () => {
    const seeds = [deriveSeed(1, 'bootstrap'), deriveSeed(1, 'control'), deriveSeed(2, 'bootstrap'), deriveSeed(1, '')]
    expect(new Set(seeds).size).toBe(4)
    expect(deriveSeed(1, 'bootstrap')).toBe(seeds[0])
    for (const seed of seeds) expect(Number.isSafeInteger(seed)).toBe(true)
  })
})
