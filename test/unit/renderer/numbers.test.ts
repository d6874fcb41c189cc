import { describe, expect, test } from 'vitest'
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatInterval,
  formatNumber,
  formatParameters,
  formatPercent,
  formatProgress,
  formatSigned,
  formatTime,
  fullDigits,
} from '../../../src/renderer/components/numbers.ts'

describe('numbers as they are shown', () => {
  test('three significant digits, whole numbers from a thousand on, an exponent below a thousandth', () => {
    const shown = [0, 0.0412, 3.624, 31.08, 99.96, 999.6, 1234.5, 350_000, 0.000_012_34].map(formatNumber)
    expect(shown).toEqual(['0', '0.0412', '3.62', '31.1', '100', '1,000', '1,235', '350,000', '1.23e-5'])
  })

  test('negative numbers carry a minus, not a hyphen, and a rounded zero carries none', () => {
    expect(formatNumber(-3.624)).toBe('\u22123.62')
    expect(formatInterval(0.000_4, -0.31, 0.33).value).toBe('0.000')
    expect(formatInterval(-0.000_4, -0.31, 0.33).value).toBe('0.000')
  })

  test('numbers that are none are words', () => {
    expect([Number.NaN, Infinity, -Infinity].map(formatNumber)).toEqual(['none', 'infinite', '\u2212infinite'])
  })

  test('changes carry their sign, zero does not', () => {
    expect([0.0412, -12.37, 0].map(formatSigned)).toEqual(['+0.0412', '\u221212.4', '0'])
  })

  test('a rate with its interval is read as per cent', () => {
    expect(formatPercent(0.3108)).toBe('31.1 %')
    expect(formatInterval(0.3108, 0.2841, 0.3389, { unit: 'percent' })).toEqual({
      value: '31.1 %',
      interval: '[28.4, 33.9]',
    })
  })

  test('a change of a rate is in points with its sign', () => {
    expect(formatInterval(-0.124, -0.151, 0.02, { unit: 'points', signed: true })).toEqual({
      value: '\u221212.4 points',
      interval: '[\u221215.1, 2.00]',
    })
  })

  test('a wide interval takes away digits that mean nothing', () => {
    expect(formatInterval(3.6243, 3.601, 3.648, { unit: 'nats' })).toEqual({
      value: '3.62 nats',
      interval: '[3.60, 3.65]',
    })
    expect(formatInterval(2.123, -200, 210)).toEqual({ value: '2', interval: '[\u2212200, 210]' })
  })

  test('both ends of an interval have three digits of their own', () => {
    expect(formatInterval(0.0713, 0.029_21, 0.117_7).interval).toBe('[0.0292, 0.118]')
    expect(formatInterval(-0.935, -1.29, -0.58, { signed: true })).toEqual({
      value: '\u22120.935',
      interval: '[\u22121.29, \u22120.580]',
    })
  })

  test('progress is counted in whole things or in whole per cent', () => {
    expect(formatProgress(192, 3072, 'tokens')).toBe('192 of 3,072 tokens')
    expect(formatProgress(13, 100, '%')).toBe('13 %')
  })

  test('without an interval there is the value alone', () => {
    expect(formatInterval(0.5, null, null, { unit: 'percent' })).toEqual({ value: '50.0 %', interval: null })
  })

  test('copies have all digits and nothing else', () => {
    expect(fullDigits(-0.310_812_345_678_9)).toBe('-0.3108123456789')
    expect(fullDigits(0.5, 0.25, 0.75)).toBe('0.5 [0.25, 0.75]')
  })

  test('counts, bytes and parameters', () => {
    expect(formatCount(1_234_567)).toBe('1,234,567')
    expect([0, 999, 1000, 5_227_008, 999_600, 16_800_000_000].map(formatBytes)).toEqual([
      '0 B',
      '999 B',
      '1.00 kB',
      '5.23 MB',
      '1.00 MB',
      '16.8 GB',
    ])
    expect([512, 9_700, 2_613_504, 124_439_808, 7_241_732_096].map(formatParameters)).toEqual([
      '512',
      '9.7 k',
      '2.6 M',
      '124 M',
      '7.2 B',
    ])
  })

  test('times left round up, and days are named when they are not today', () => {
    expect([0, 0.2, 59.5, 60, 214, 3600, 7500].map(formatDuration)).toEqual([
      '0 s',
      '1 s',
      '60 s',
      '1 min',
      '4 min',
      '1 h',
      '2 h 5 min',
    ])
    const now = new Date(2026, 10, 21, 12)
    expect(formatTime(new Date(2026, 10, 21, 9, 5).getTime(), now)).toBe('09:05')
    expect(formatTime(new Date(2026, 10, 20, 9, 5).getTime(), now)).toBe('20 Nov 2026, 09:05')
  })
})
