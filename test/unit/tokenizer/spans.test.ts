import { describe, expect, test } from 'vitest'
import { createTokenizer } from '../../../src/core/tokenizer/tokenizer.ts'
import { addedToken, ODD_TEXTS, randomTexts, readTokenizerJson, tokenizerCases } from './tokenizer-cases.ts'

describe('spans', () => {
  const byteLevel = createTokenizer(readTokenizerJson('byte-level-bpe'))
  const llama = createTokenizer(readTokenizerJson('llama-byte-fallback'))
  const wordPiece = createTokenizer(readTokenizerJson('word-piece'))

  test.each(Object.keys(tokenizerCases()).filter((name) => /byte-level|NeoX|LLaMA 3|StarCoder|strip/u.test(name)))(
    'of %s cover every unit of a text, in order',
    (name) => {
      const tokenizer = createTokenizer(tokenizerCases()[name])
      for (const text of [...ODD_TEXTS, ...randomTexts(1000, 11)]) {
        let covered = 0
        const gaps = tokenizer.encodeWithSpans(text).spans.filter(([start, end]) => {
          const isGap = start > covered
          covered = Math.max(covered, end)
          return isGap
        })
        expect(gaps, JSON.stringify(text)).toEqual([])
        expect(covered, JSON.stringify(text)).toBe(text.length)
      }
    },
  )

  test('give each token of a split character the whole character, in UTF-16 units', () => {
    const { ids, spans } = byteLevel.encodeWithSpans('a🜁b')
    expect(ids).toHaveLength(5)
    expect(spans).toEqual([
      [0, 1],
      [1, 3],
      [1, 3],
      [1, 3],
      [3, 4],
    ])
  })

  test('of LLaMA keep the space with its word, and give byte tokens their character', () => {
    const { pieces, spans } = llama.encodeWithSpans('a the 世')
    expect(pieces).toEqual(['▁a', '▁the', '▁', '<0xE4>', '<0xB8>', '<0x96>'])
    expect(spans).toEqual([
      [0, 1],
      [1, 5],
      [5, 6],
      [6, 7],
      [6, 7],
      [6, 7],
    ])
  })

  test('of a space put before the text are empty', () => {
    const { pieces, spans } = llama.encodeWithSpans('世')
    expect(pieces).toEqual(['▁', '<0xE4>', '<0xB8>', '<0x96>'])
    expect(spans).toEqual([
      [0, 0],
      [0, 1],
      [0, 1],
      [0, 1],
    ])
  })

  test('of WordPiece point into the text before it was cleaned, lower-cased and stripped of accents', () => {
    const text = '\u0000 The CAFE\u0301\u0301 neurons'
    const { pieces, spans } = wordPiece.encodeWithSpans(text, { specialTokens: true })
    expect(pieces).toEqual(['[CLS]', 'the', 'cafe', 'neuron', '##s', '[SEP]'])
    expect(spans).toEqual([
      [0, 0],
      [2, 5],
      [6, 10],
      [13, 19],
      [19, 20],
      [20, 20],
    ])
  })

  test('of a ligature that NFKC takes apart are the ligature for both letters', () => {
    const json = { ...readTokenizerJson('word-piece'), normalizer: { type: 'NFKC' } }
    const { pieces, spans } = createTokenizer(json).encodeWithSpans('x ﬁ')
    expect(pieces).toEqual(['x', 'f', '##i'])
    expect(spans).toEqual([
      [0, 1],
      [2, 3],
      [2, 3],
    ])
  })

  test('of a character composed by NFC are the whole sequence', () => {
    const json = { ...readTokenizerJson('byte-level-bpe'), normalizer: { type: 'NFC' } }
    const { spans } = createTokenizer(json).encodeWithSpans('xa\u0301y')
    expect(spans).toEqual([
      [0, 1],
      [1, 3],
      [1, 3],
      [3, 4],
    ])
  })

  test('of added tokens that strip take the spaces with them', () => {
    const json = readTokenizerJson('byte-level-bpe')
    json.added_tokens.push(addedToken(900, '<mask>', { lstrip: true }))
    expect(createTokenizer(json).encodeWithSpans('a  <mask>').spans).toEqual([
      [0, 1],
      [1, 9],
    ])
  })
})
