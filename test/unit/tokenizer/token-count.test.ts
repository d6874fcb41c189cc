import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { createTokenizer } from '../../../src/core/tokenizer/tokenizer.ts'
import { checkTokenCount } from '../../../src/main/engine-host/operations/token-lengths.ts'

const tokenizer = createTokenizer(JSON.parse(readFileSync('resources/demo/model/tokenizer.json', 'utf8')))

it('a text of a million characters is refused without being read to its end', () => {
  expect(() => checkTokenCount(tokenizer, 'hello world '.repeat(85_000), 1024)).toThrow(
    "The text has more than the 1,024 tokens that the model's context holds",
  )
})

it('a text that just fits is not refused', () => {
  const text = 'hello world'
  const count = tokenizer.encode(text).length
  expect(() => checkTokenCount(tokenizer, text, count)).not.toThrow()
  expect(() => checkTokenCount(tokenizer, text, count - 1)).toThrow('more than')
})
