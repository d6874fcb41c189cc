import { describe, expect, test } from 'vitest'
import { SnipError } from '../../../src/contract/failure.ts'
import { inverseFrequencies, turningBy } from '../../../src/core/architectures/rotary.ts'

describe('rotary frequencies', () => {
  test('are base^(-2i/width)', () => {
    expect(inverseFrequencies(8, 10_000, null, 16)).toEqual(
      [1, 0.1, 0.01, 0.001].map((value) => expect.closeTo(value, 15)),
    )
    expect(inverseFrequencies(4, 100, undefined, 16)).toEqual([1, expect.closeTo(0.1, 15)])
    expect(inverseFrequencies(2, 500_000, { rope_type: 'default' }, 16)).toEqual([1])
  })

  test('scaled linearly are divided by the factor, under either spelling', () => {
    const quarter = [0.25, 0.025].map((value) => expect.closeTo(value, 15))
    expect(inverseFrequencies(4, 100, { rope_type: 'linear', factor: 4 }, 16)).toEqual(quarter)
    expect(inverseFrequencies(4, 100, { type: 'linear', factor: 4 }, 16)).toEqual(quarter)
  })

  test('scaled as Llama 3 keep short wavelengths, divide long ones and blend between', () => {
    const scaling = {
      rope_type: 'llama3',
      factor: 8,
      low_freq_factor: 1,
      high_freq_factor: 4,
      original_max_position_embeddings: 8192,
    }
    const scaled = inverseFrequencies(128, 500_000, scaling, 131_072)
    const plain = inverseFrequencies(128, 500_000, null, 131_072)
    // 64 ln(2048 / 2 pi) / ln(500000) = 28.2; 64 ln(8192 / 2 pi) / ln(500000) = 34.98.
    expect(scaled.slice(0, 29)).toEqual(plain.slice(0, 29))
    expect(scaled.slice(35)).toEqual(plain.slice(35).map((frequency) => frequency / 8))
    for (let i = 29; i < 35; i++) {
      // (8192 / wavelength - 1) / 3 of the plain one, the rest of the divided one.
      const frequency = plain[i]!
      const smooth = ((8192 * frequency) / (2 * Math.PI) - 1) / 3
      expect(smooth > 0 && smooth < 1).toBe(true)
      expect(scaled[i]).toBeCloseTo((frequency / 8) * (1 - smooth) + frequency * smooth, 15)
    }
    // Half way in 1 / wavelength between the two bounds: 9/16 of the frequency.
    const halfWay = (2 * Math.PI * 2.5) / 8192
    const [, blended] = inverseFrequencies(4, halfWay ** -2, scaling, 131_072)
    expect(blended! / halfWay).toBeCloseTo(9 / 16, 12)
  })

  test('scaled by YaRN keep what turns often, divide what turns seldom and blend between', () => {
    const scaling = { type: 'yarn', factor: 4, original_max_position_embeddings: 2048 }
    const { inverseFrequencies: scaled, attentionScale } = turningBy(64, 10_000, scaling, 8192)
    const plain = inverseFrequencies(64, 10_000, null, 8192)
    // 32 ln(2048 / (32 x 2 pi)) / ln(10000) = 8.07 and 32 ln(2048 / 2 pi) / ln(10000) = 20.1: the ramp goes from 8 to 21.
    expect(scaled.slice(0, 9)).toEqual(plain.slice(0, 9))
    expect(scaled.slice(21)).toEqual(plain.slice(21).map((frequency) => frequency / 4))
    // At 14 the share of what is divided is 6/13: 7/13 + 6/13/4 = 17/26.
    expect(scaled[14]! / plain[14]!).toBeCloseTo(17 / 26, 12)
    expect(attentionScale).toBeCloseTo(0.1 * Math.log(4) + 1, 12)
    expect(turningBy(64, 10_000, { ...scaling, attention_factor: 2 }, 8192)).toMatchObject({ attentionScale: 2 })
    const withScales = { ...scaling, mscale: 2, mscale_all_dim: 0.5 }
    const { attentionScale: ratio } = turningBy(64, 10_000, withScales, 8192)
    expect(ratio).toBeCloseTo((0.2 * Math.log(4) + 1) / (0.05 * Math.log(4) + 1), 12)
  })

  test('scaled by YaRN without a factor are scaled by what the context grew', () => {
    const grown = { rope_type: 'yarn', original_max_position_embeddings: 2048 }
    const factor = { ...grown, factor: 4 }
    expect(turningBy(64, 10_000, grown, 8192)).toEqual(turningBy(64, 10_000, factor, 8192))
    expect(turningBy(64, 10_000, { rope_type: 'yarn', factor: 4 }, 2048)).toEqual(turningBy(64, 10_000, factor, 8192))
  })

  test.each([
    [{ rope_type: 'longrope', factor: 2 }],
    [{ rope_type: 'yarn' }],
    [{ type: 'su', factor: 2 }],
    [{ rope_type: 'linear' }],
    [{ rope_type: 'llama3', factor: 8, low_freq_factor: 1 }],
    [{ type: 'dynamic', factor: 2 }],
  ])('scaled as %j are refused', (scaling) => {
    expect(() => inverseFrequencies(8, 10_000, scaling, 16)).toThrow(SnipError)
    expect(() => inverseFrequencies(8, 10_000, scaling, 16)).toThrow(/rope_scaling/)
  })
})
