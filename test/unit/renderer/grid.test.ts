import { describe, expect, it } from 'vitest'
import { readGrid } from '../../../src/renderer/views/prune/grid.ts'

describe('the grid of a sweep', () => {
  it('takes percents and counts, parted by commas or blanks', () => {
    expect(readGrid('0, 0.5%  1%,192,192')).toEqual({ grid: ['0', '0.5%', '1%', '192'] })
  })

  it('says what is wrong with a point', () => {
    expect(readGrid('  ')).toEqual({ problem: 'Give at least one point, for instance 0, 1%, 5%.' })
    expect(readGrid('1%, two')).toEqual({ problem: '“two” is neither a count such as 192 nor a percent such as 0.5%.' })
    expect(readGrid('120%')).toEqual({ problem: '120% is more than all neurons.' })
    expect(readGrid('1.5')).toEqual({ problem: '1.5 neurons: give a whole number.' })
    expect(readGrid(Array.from({ length: 51 }, (_, i) => i).join(' '))).toEqual({
      problem: 'A sweep has at most 50 points; these are 51.',
    })
  })
})
