import { describe, expect, test } from 'vitest'
import { createTextCutter } from '../../../src/core/tokenizer/safe-cuts.ts'
import { parseTokenizerJson } from '../../../src/core/tokenizer/tokenizer-json.ts'
import { createTokenizer } from '../../../src/core/tokenizer/tokenizer.ts'
import {
  addedToken,
  ODD_TEXTS,
  randomTexts,
  readTokenizerJson,
  tokenizerCases,
  type TokenizerJson,
} from './tokenizer-cases.ts'

const cutter = (json: TokenizerJson) => createTextCutter(parseTokenizerJson(json))

/** Texts of some 20,000 units: words, odd texts and special tokens, spaces of every kind between them. */
function longTexts(count: number, seed: number): string[] {
  const parts = [...ODD_TEXTS.filter((text) => text.length < 100), ...randomTexts(count * 1200, seed, 30)]
  return Array.from({ length: count }, (_, i) => {
    const mine = parts.filter((_part, index) => index % count === i)
    return mine.map((part, index) => part + (index % 7 === 0 ? '  ' : index % 11 === 0 ? '\n' : ' ')).join('')
  })
}

const cuttable = Object.entries(tokenizerCases()).filter(([, json]) => cutter(json) !== null)

describe('cutting a long text', () => {
  test('is done for byte-level and LLaMA tokenizers only', () => {
    expect(cuttable.map(([name]) => name)).toEqual([
      'byte-level',
      'byte-level with a prefix space',
      'NeoX (NFC, added runs of spaces)',
      'LLaMA 3 split',
      'StarCoder (digits apart)',
      'added tokens that strip',
      'LLaMA',
      'LLaMA without byte fallback',
      'LLaMA, unknown characters not fused',
      'LLaMA with Metaspace',
      'LLaMA with Metaspace that splits',
    ])
  })

  test.each(cuttable)('gives %s the tokens of the whole text', (_name, json) => {
    const tokenizer = createTokenizer(json)
    for (const text of longTexts(3, 5)) {
      const whole = tokenizer.encode(text)
      expect([...(cutter(json)?.(text) ?? [])].length).toBeGreaterThan(2)
      // As text: that many numbers are compared at once.
      expect(tokenizer.encodeDocument(text).join()).toBe(whole.join())
      for (const limit of [0, 1, 2, 777, whole.length - 1, whole.length, whole.length + 5]) {
        expect(tokenizer.encodeStart(text, limit).join()).toBe(whole.slice(0, limit).join())
      }
    }
  })

  test('is not done when a merge crosses a space', () => {
    const json = readTokenizerJson('llama-byte-fallback')
    const vocab = { ...json.model.vocab, 'a\u2581': 512 }
    const crossing = {
      ...json,
      model: { ...json.model, vocab, merges: [...(json.model.merges as string[]), 'a \u2581'] },
    }
    expect(cutter(crossing)).toBeNull()
    const tokenizer = createTokenizer(crossing)
    expect(Array.from(tokenizer.encodeDocument('a b a b a b'))).toEqual(tokenizer.encode('a b a b a b'))
  })

  test('is not done when an added token holds a space after a non-space, or a split pattern is unknown', () => {
    const json = readTokenizerJson('byte-level-bpe')
    expect(cutter({ ...json, added_tokens: [addedToken(900, 'two words')] })).toBeNull()
    const pretokenizers = [
      { type: 'Split', pattern: { Regex: '\\S+ \\S+' }, behavior: 'Isolated', invert: false },
      { type: 'ByteLevel', add_prefix_space: false, use_regex: false },
    ]
    expect(cutter({ ...json, pre_tokenizer: { type: 'Sequence', pretokenizers } })).toBeNull()
  })

  test('never falls beside an added token', () => {
    const json = readTokenizerJson('llama-byte-fallback')
    const parts = [...(cutter(json)?.('one <s> two</s> three four') ?? [])]
    expect(parts).toEqual(['one <s> two</s> three', 'four'])
  })

  test('takes time that grows with the length: the first tokens of 6 MB, and 2 MB of LLaMA text, in seconds', () => {
    const llama = createTokenizer(readTokenizerJson('llama-byte-fallback'))
    const text = 'Once upon a time there was a little girl who liked to play. '.repeat(100_000)
    const started = performance.now()
    expect(llama.encodeStart(text, 100)).toHaveLength(100)
    expect(performance.now() - started).toBeLessThan(1000)
    const tokens = llama.encode(text.slice(0, 60)).length
    expect(llama.encodeDocument(text.slice(0, 2_000_000)).length).toBeGreaterThan((tokens - 2) * 33_000)
    expect(performance.now() - started).toBeLessThan(15_000)
  })
})
