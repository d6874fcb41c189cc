import { describe, expect, test } from 'vitest'
import { decodeWeights, halfBits, halfTable, halfValue } from '../../../src/core/numbers/half.ts'
import { float16Bits, fromFloat16Bits } from '../../support/models/dtype.ts'

const scratch = new DataView(new ArrayBuffer(4))

function bitsOf(value: number): number {
  scratch.setFloat32(0, value)
  return scratch.getUint32(0)
}

const isNaNBits = (half: number): boolean => (half & 0x7c00) === 0x7c00 && (half & 0x3ff) !== 0

describe('f16', () => {
  test('has 65,536 values, all of which survive a round trip through f32', () => {
    const table = halfTable()
    let numbers = 0
    for (let half = 0; half < 65536; half++) {
      const value = halfValue(half)
      expect(table[half]).toBe(value)
      if (isNaNBits(half)) {
        if (!Number.isNaN(value) || !isNaNBits(halfBits(bitsOf(value)))) throw new Error(`half ${half}`)
        continue
      }
      numbers++
      if (halfBits(bitsOf(value)) !== half || !Object.is(fromFloat16Bits(half), value)) throw new Error(`half ${half}`)
    }
    expect(numbers).toBe(65536 - 2 * 1023)
  })

  test.each([
    [1, 0x3c00],
    [-2, 0xc000],
    [65504, 0x7bff],
    [2 ** -24, 0x0001],
    [2 ** -14, 0x0400],
    [-0, 0x8000],
    [Infinity, 0x7c00],
    [-Infinity, 0xfc00],
    [1 / 3, 0x3555],
  ])('of %s is %s in bits', (value, half) => {
    expect(halfBits(bitsOf(value))).toBe(half)
  })

  test.each([
    ['half way up from even goes down', 1 + 2 ** -11, 0x3c00],
    ['half way up from odd goes up', 1 + 3 * 2 ** -11, 0x3c02],
    ['a little over half way goes up', 1 + 2 ** -11 + 2 ** -23, 0x3c01],
    ['a little under half way goes down', 1 + 2 ** -11 - 2 ** -23, 0x3c00],
    ['the last half way before infinity goes to infinity', 65520, 0x7c00],
    ['just below it stays the largest', 65519.996, 0x7bff],
    ['f32’s largest is infinity', 3.4028234663852886e38, 0x7c00],
    ['half of the smallest goes to even, which is 0', 2 ** -25, 0x0000],
    ['a little more than half of the smallest is the smallest', 2 ** -25 + 2 ** -48, 0x0001],
    ['one and a half of the smallest goes to 2', 3 * 2 ** -25, 0x0002],
    ['a mantissa that rounds over takes the next exponent', 2 - 2 ** -12, 0x4000],
    ['the largest subnormal rounds over to a normal', 2 ** -14 - 2 ** -26, 0x0400],
    ['f32’s smallest subnormal is 0 of its sign', -(2 ** -149), 0x8000],
  ])('rounding: %s', (_, value, half) => {
    expect(halfBits(bitsOf(value))).toBe(half)
  })

  test('rounds 200,000 f32 patterns over the whole range as a second implementation does', () => {
    // A stride prime to 2^32 visits signs, exponents and mantissas evenly.
    let bits = 12345
    for (let i = 0; i < 200_000; i++) {
      bits = (bits + 2654435761) >>> 0
      scratch.setUint32(0, bits)
      const value = scratch.getFloat32(0)
      const half = halfBits(bits)
      const agrees = Number.isNaN(value) ? isNaNBits(half) : half === float16Bits(value)
      if (!agrees) throw new Error(`f32 bits ${bits} give ${half}`)
    }
    expect(bits).not.toBe(12345)
  })
})

describe('weights', () => {
  test('are decoded from F32, F16 and BF16, wherever their bytes lie', () => {
    const bytes = Uint8Array.of(9, 0x00, 0x3c, 0x00, 0xc0, 0xff, 0x7b, 0x01, 0x00)
    expect(decodeWeights('F16', bytes.subarray(1))).toEqual(Float32Array.of(1, -2, 65504, 2 ** -24))
    expect(decodeWeights('BF16', Uint8Array.of(0x80, 0x3f, 0x40, 0xc0, 0x80, 0x7f))).toEqual(
      Float32Array.of(1, -3, Infinity),
    )
    const floats = Float32Array.of(0.1, -5e-40, 3e38)
    const shifted = new Uint8Array(13)
    shifted.set(new Uint8Array(floats.buffer), 1)
    expect(decodeWeights('F32', shifted.subarray(1))).toEqual(floats)
  })
})
