import { describe, expect, it } from 'vitest'
import {
  dropOf,
  dropTitle,
  showDelta,
  showInterval,
  showMeasure,
} from '../../../src/renderer/components/measure-words.ts'

describe('numbers of measures', () => {
  it('have three significant digits and a unit', () => {
    expect(showMeasure(0.3833333, 'accuracy')).toBe('38.3 %')
    expect(showMeasure(4.284274, 'lossNats')).toBe('4.28 nats')
    expect(showMeasure(5678.87, 'perplexityMeanExp')).toBe('5,679')
    expect(showMeasure(999.7, 'perplexityExpMean')).toBe('1,000')
    expect(showMeasure(0, 'accuracy')).toBe('0 %')
  })

  it('carry a sign when they are changes', () => {
    expect(showDelta(-0.033333, 'accuracy')).toBe('−3.33 points')
    expect(showDelta(0.2036, 'lossNats')).toBe('+0.204 nats')
    expect(showDelta(0, 'lossNats')).toBe('0 nats')
    expect(showInterval(-0.05, 0.0123, 'top1', true)).toBe('[−5.00, +1.23]')
    expect(showInterval(0.27088, 0.50982, 'accuracy')).toBe('[27.1, 51.0]')
  })

  it('count a fall of accuracy and a rise of loss as drops', () => {
    expect(dropOf(0.5, 0.4, 'accuracy')).toBeCloseTo(0.1, 12)
    expect(dropOf(4, 4.5, 'lossNats')).toBeCloseTo(0.5, 12)
    expect(dropTitle('accuracy')).toBe('drop of accuracy, points')
    expect(dropTitle('lossNats')).toBe('rise of loss, nats')
  })
})
