import { describe, expect, it } from 'vitest'
import {
  axisTitle,
  dropOf,
  dropTitle,
  showDelta,
  showMeasure,
  showMeasured,
  showTick,
} from '../../../src/renderer/components/measure-words.ts'

describe('numbers of measures', () => {
  it('have three significant digits and a unit', () => {
    expect(showMeasure(0.3833333, 'accuracy')).toBe('38.3 %')
    expect(showMeasure(4.284274, 'lossNats')).toBe('4.28 nats')
    expect(showMeasure(5678.87, 'perplexityMeanExp')).toBe('5,679')
    expect(showMeasured(0.3833333, 0.27088, 0.50982, 'accuracy')).toBe('38.3 % [27.1, 51.0]')
  })

  it('carry a sign when they are changes', () => {
    expect(showDelta(-0.033333, 'accuracy')).toBe('−3.33 points')
    expect(showDelta(0.2036, 'lossNats')).toBe('+0.204 nats')
  })

  it('stand bare on an axis that names their unit', () => {
    expect(axisTitle('accuracy')).toBe('accuracy, %')
    expect(axisTitle('lossNats')).toBe('loss, nats')
    expect([0.3, 0.30000000000000004, -0.05].map((tick) => showTick(tick, 'top1'))).toEqual(['30', '30', '−5'])
    expect([0.5, 0, -0.25].map((tick) => showTick(tick, 'lossNats', true))).toEqual(['+0.5', '0', '−0.25'])
  })

  it('count a fall of accuracy and a rise of loss as drops', () => {
    expect(dropOf(0.5, 0.4, 'accuracy')).toBeCloseTo(0.1, 12)
    expect(dropOf(4, 4.5, 'lossNats')).toBeCloseTo(0.5, 12)
    expect(dropTitle('accuracy')).toBe('drop of accuracy, points')
    expect(dropTitle('lossNats')).toBe('rise of loss, nats')
  })
})
