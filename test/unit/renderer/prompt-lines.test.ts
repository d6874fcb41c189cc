import { expect, it } from 'vitest'
import { linesOf, problemOfPrompt } from '../../../src/renderer/views/compare/prompt-lines.ts'

it('a prompt that is too long is refused with what to do', () => {
  expect(problemOfPrompt('x'.repeat(1_000_000))).toBeNull()
  expect(problemOfPrompt('x'.repeat(1_050_000))).toBe(
    'The prompt has 1,050,000 characters; at most 1,000,000 fit. Shorten it.',
  )
})

it('lines are those that hold something, whatever ends them', () => {
  expect(linesOf('one\r\n\n  \ntwo\n')).toEqual(['one', 'two'])
})
