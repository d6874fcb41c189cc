import { describe, expect, test } from 'vitest'
import { batchWindows, checkWindow, cutWindows } from '../../../src/core/recording/windows.ts'

const document = (length: number, first = 0, row?: number) => ({
  ids: Int32Array.from({ length }, (_, i) => first + i),
  ...(row === undefined ? {} : { row }),
})

describe('windows of a plain text', () => {
  test('are consecutive and drop the last short one', () => {
    const table = cutWindows([document(10, 100)], { window: 4, keepShort: false })
    expect(table).toEqual({
      window: 4,
      count: 2,
      ids: Int32Array.of(100, 101, 102, 103, 104, 105, 106, 107),
      lengths: Int32Array.of(4, 4),
      tokenStarts: Int32Array.of(0, 4),
      documents: Int32Array.of(0, 0),
      rows: null,
      tokensUsed: 8,
    })
  })

  test('never cross into the next document', () => {
    const table = cutWindows([document(6, 0), document(9, 50)], { window: 4, keepShort: false })
    expect(Array.from(table.ids)).toEqual([0, 1, 2, 3, 50, 51, 52, 53, 54, 55, 56, 57])
    expect(Array.from(table.documents)).toEqual([0, 1, 1])
    expect(Array.from(table.tokenStarts)).toEqual([0, 0, 4])
  })
})

describe('windows of rows', () => {
  test('keep short ones of at least 2 tokens, padded with 0 on the right', () => {
    const table = cutWindows([document(5, 10, 7), document(1, 20, 8), document(6, 30, 9), document(0, 0, 10)], {
      window: 4,
      keepShort: true,
    })
    expect(Array.from(table.ids)).toEqual([10, 11, 12, 13, 30, 31, 32, 33, 34, 35, 0, 0])
    expect(Array.from(table.lengths)).toEqual([4, 4, 2])
    expect(Array.from(table.tokenStarts)).toEqual([0, 0, 4])
    expect(Array.from(table.documents)).toEqual([0, 2, 2])
    expect(Array.from(table.rows ?? [])).toEqual([7, 9, 9])
    expect(table.tokensUsed).toBe(10)
  })
})

describe('a number of tokens', () => {
  test('takes the first tokens over the documents in order', () => {
    const table = cutWindows([document(5, 0, 0), document(9, 50, 1)], { window: 4, tokens: 11, keepShort: true })
    expect(Array.from(table.ids)).toEqual([0, 1, 2, 3, 50, 51, 52, 53, 54, 55, 0, 0])
    expect(table.tokensUsed).toBe(10)
  })

  test('that is more than there are is refused with the number there is', () => {
    expect(() => cutWindows([document(5), document(6)], { window: 4, tokens: 12, keepShort: false })).toThrow(
      expect.objectContaining({ kind: 'bad-argument', message: expect.stringContaining('only 11') as string }) as Error,
    )
  })

  test('that is no positive whole number is refused', () => {
    for (const tokens of [0, -1, 2.5, Number.NaN]) {
      expect(() => cutWindows([document(5)], { window: 4, tokens, keepShort: false })).toThrow(
        expect.objectContaining({ kind: 'bad-argument' }) as Error,
      )
    }
  })

  test('smaller than one window is the argument’s fault', () => {
    expect(() => cutWindows([document(9)], { window: 4, tokens: 3, keepShort: false })).toThrow(
      expect.objectContaining({ kind: 'bad-argument' }) as Error,
    )
  })
})

test('data without one window are refused', () => {
  expect(() => cutWindows([document(0)], { window: 4, keepShort: true })).toThrow('tokenizes to nothing')
  expect(() => cutWindows([], { window: 4, keepShort: true })).toThrow('tokenizes to nothing')
  expect(() => cutWindows([document(3)], { window: 4, keepShort: false })).toThrow(
    expect.objectContaining({ kind: 'bad-data', message: expect.stringContaining('the 4 tokens') as string }) as Error,
  )
  expect(() => cutWindows([document(1, 0, 0), document(1, 0, 1)], { window: 4, keepShort: true })).toThrow(
    expect.objectContaining({ kind: 'bad-data' }) as Error,
  )
})

test('a window is a whole number from 2 to the context length', () => {
  checkWindow(2, 1024)
  checkWindow(1024, 1024)
  for (const window of [1, 0, -4, 2.5, Number.NaN, 1025]) {
    expect(() => checkWindow(window, 1024)).toThrow(
      expect.objectContaining({ kind: 'bad-argument', remedy: expect.stringContaining('1024') as string }) as Error,
    )
  }
})

test('batches are consecutive and as large as the tokens allow, at least one window', () => {
  expect(batchWindows({ window: 64, count: 19 }, 512)).toEqual([
    { start: 0, end: 8 },
    { start: 8, end: 16 },
    { start: 16, end: 19 },
  ])
  expect(batchWindows({ window: 64, count: 2 }, 10)).toEqual([
    { start: 0, end: 1 },
    { start: 1, end: 2 },
  ])
  expect(batchWindows({ window: 64, count: 0 }, 512)).toEqual([])
})
