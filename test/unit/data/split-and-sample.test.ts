import { expect, test } from 'vitest'
import type { ClozeQuestion } from '../../../src/core/data/dataset.ts'
import { sampleIndices } from '../../../src/core/data/sample.ts'
import { splitCloze } from '../../../src/core/data/split.ts'
import { createRandom } from '../../../src/core/stats/random.ts'

function question(index: number): ClozeQuestion {
  return { index, context: [], query: 'XXXXX', answer: 'a', candidates: ['a'] }
}

test('questions 1-100 are the forget set and the rest the evaluation set, never both', () => {
  const questions = Array.from({ length: 400 }, (_, at) => question(at + 1))
  const { forget, evaluation } = splitCloze(questions)
  expect([forget.length, evaluation.length, forget.at(-1)?.index, evaluation[0]?.index]).toEqual([100, 300, 100, 101])
})

test('the split goes by position in the file, so a rejected question moves none across', () => {
  const { forget, evaluation } = splitCloze([question(1), question(100), question(101)])
  expect([forget.map(({ index }) => index), evaluation.map(({ index }) => index)]).toEqual([[1, 100], [101]])
})

test('a sample of everything is everything, of nothing nothing', () => {
  expect(sampleIndices(4, 4, createRandom(1))).toEqual([0, 1, 2, 3])
  expect(sampleIndices(4, 0, createRandom(1))).toEqual([])
  expect(() => sampleIndices(4, 5, createRandom(1))).toThrow(RangeError)
})

test('algorithm S takes an index when the draw is below the number still needed', () => {
  const draws = [3, 0, 2, 0]
  const asked: number[] = []
  const random = {
    integer(n: number) {
      asked.push(n)
      return draws.shift() ?? 0
    },
  }
  expect(sampleIndices(5, 2, random)).toEqual([1, 3])
  expect(asked).toEqual([5, 4, 3, 2])
})

test('every index is drawn equally often', () => {
  const counts = [0, 0, 0, 0, 0]
  const random = createRandom(7)
  for (let round = 0; round < 20_000; round++) for (const index of sampleIndices(5, 2, random)) counts[index]!++
  // Expected 8,000 each, standard deviation 69.
  for (const count of counts) expect(Math.abs(count - 8000)).toBeLessThan(350)
})
