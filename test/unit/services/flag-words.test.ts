import { describe, expect, test } from 'vitest'
import { SnipError } from '../../../src/contract/failure.ts'
import { withoutFlags } from '../../../src/main/services/flag-words.ts'

const told = (message: string, remedy: string) => {
  const {
    message: reworded,
    remedy: advice,
    kind,
  } = withoutFlags(new SnipError('bad-argument', message, { remedy })) as SnipError
  expect(kind).toBe('bad-argument')
  return `${reworded}. ${advice}`
}

describe('failures for somebody without a command line', () => {
  test.each([
    ['It is not clear', 'Name it with --text-column.', 'It is not clear. Choose the column that holds the text.'],
    [
      'There is no column "a"',
      'Give one of these names to --text-column.',
      'There is no column "a". Choose one of these columns as the text column.',
    ],
    [
      '--where works on rows, and "a.txt" is a plain text file',
      'Leave --where out, or give a table.',
      'A filter works on rows, and "a.txt" is a plain text file. Leave it out, or give a table.',
    ],
    ['--sample 9 asks for more', 'Ask for 5 or fewer.', 'A sample 9 asks for more. Ask for 5 or fewer.'],
    ['Windows of 90', 'Use --window 64 or less.', 'Windows of 90. Use windows of 64 tokens or less.'],
  ])('%s / %s', (message, remedy, expected) => {
    expect(told(message, remedy)).toBe(expected)
  })

  test('pass as they are when they name no flag, and so do other errors', () => {
    const plain = new SnipError('bad-data', 'a.csv is empty', { remedy: 'Give a file that holds data.' })
    expect(withoutFlags(plain)).toBe(plain)
    const other = new Error('--sample')
    expect(withoutFlags(other)).toBe(other)
  })
})
