import { describe, expect, test } from 'vitest'
import { createTokenizer } from '../../../src/core/tokenizer/tokenizer.ts'
import { addedToken, randomTexts, readTokenizerJson } from './tokenizer-cases.ts'

const byteLevelJson = readTokenizerJson('byte-level-bpe')
const byteLevel = createTokenizer(byteLevelJson, {
  bos_token: '<|endoftext|>',
  eos_token: { content: '<|endoftext|>' },
})
const llama = createTokenizer(readTokenizerJson('llama-byte-fallback'), { bos_token: '<s>', eos_token: '</s>' })
const wordPiece = createTokenizer(readTokenizerJson('word-piece'))

describe('a tokenizer', () => {
  test('has as many ids as its largest id plus one, added tokens included', () => {
    expect(byteLevel.vocabularySize).toBe(Object.keys(byteLevelJson.model.vocab).length + 1)
    expect(llama.vocabularySize).toBe(512)
    const padded = { ...byteLevelJson, added_tokens: [addedToken(999, '<pad>')] }
    expect(createTokenizer(padded).vocabularySize).toBe(1000)
  })

  test('takes bos and eos from its configuration, as a string or as an object', () => {
    const eot = byteLevel.vocabularySize - 1
    expect(byteLevel.specialIds).toEqual({ bos: eot, eos: eot })
    expect(llama.specialIds).toEqual({ bos: 1, eos: 2 })
    expect(wordPiece.specialIds).toEqual({})
    expect(createTokenizer(byteLevelJson, { bos_token: '<absent>', eos_token: null }).specialIds).toEqual({})
  })

  test('adds the special tokens of its template only when asked', () => {
    const ids = llama.encode('the')
    expect(llama.encode('the', { specialTokens: true })).toEqual([1, ...ids])
    expect(wordPiece.encode('the', { specialTokens: true })).toEqual([2, ...wordPiece.encode('the'), 3])
    expect(byteLevel.encode('the', { specialTokens: true })).toEqual(byteLevel.encode('the'))
  })

  test('encodes a lone surrogate as the replacement character', () => {
    expect(byteLevel.encode('a\ud83d')).toEqual(byteLevel.encode('a\ufffd'))
  })

  test('gives the text back, a byte order mark included', () => {
    for (const text of ['\ufeffBOM', ' leading', 'tab\t\r\n', '👩‍👩‍👧 é \u0000']) {
      expect(byteLevel.decode(byteLevel.encode(text))).toBe(text)
      expect(llama.decode(llama.encode(text))).toBe(text)
    }
    expect(byteLevel.decode([])).toBe('')
  })

  test('leaves special tokens out of a text when asked, and ids outside the vocabulary always', () => {
    const ids = llama.encode('the cat', { specialTokens: true })
    expect(llama.decode(ids, { skipSpecialTokens: true })).toBe('the cat')
    expect(llama.decode([...ids, 5000, -1, 1.5], { skipSpecialTokens: true })).toBe('the cat')
    expect(llama.isSpecial(1)).toBe(true)
    expect(llama.isSpecial(300)).toBe(false)
  })

  test('shows the surface and the bytes of a token', () => {
    const [space] = byteLevel.encode(' ')
    expect(byteLevel.tokenPiece(space ?? -1)).toBe('Ġ')
    expect(byteLevel.tokenText(space ?? -1)).toBe(' ')
    const bytes = byteLevel.encode('🜁')
    expect(bytes.map((id) => byteLevel.tokenText(id))).toEqual(['<0xF0><0x9F>', '<0x9C>', '<0x81>'])
    expect(bytes.map((id) => [...(byteLevel.tokenBytes(id) ?? [])])).toEqual([[0xf0, 0x9f], [0x9c], [0x81]])
    expect(llama.tokenText(3 + 0x0a)).toBe('\n')
    expect(llama.tokenText(3 + 0xe2)).toBe('<0xE2>')
    expect([...(llama.tokenBytes(3 + 0xe2) ?? [])]).toEqual([0xe2])
    expect(llama.tokenText(llama.encode('the')[0] ?? -1)).toBe(' the')
    expect(wordPiece.encode('neurons').map((id) => wordPiece.tokenText(id))).toEqual(['neuron', 's'])
    expect(byteLevel.tokenBytes(100_000)).toBeNull()
    expect(byteLevel.tokenText(100_000)).toBe('')
  })
})

describe('a decoder stream', () => {
  test('never gives half a character', () => {
    for (const tokenizer of [byteLevel, llama]) {
      const stream = tokenizer.createDecoderStream()
      const given = tokenizer.encode('x🜁y').map((id) => stream.push(id))
      expect(given.filter((text) => text !== '')).toEqual(['x', '🜁', 'y'])
      expect(stream.end()).toBe('')
    }
  })

  test('gives a replacement character for a character that never ends', () => {
    const stream = byteLevel.createDecoderStream()
    const [first] = byteLevel.encode('🜁')
    expect(stream.push(first ?? -1)).toBe('')
    expect(stream.end()).toBe('\ufffd')
  })

  test('joined is the text of random ids, valid UTF-8 or not', () => {
    for (const tokenizer of [byteLevel, llama, wordPiece]) {
      for (const text of randomTexts(200, 3)) {
        const ids = Array.from(text, (character) => (character.codePointAt(0) ?? 0) % tokenizer.vocabularySize)
        const stream = tokenizer.createDecoderStream()
        expect(ids.map((id) => stream.push(id)).join('') + stream.end()).toBe(tokenizer.decode(ids))
      }
    }
  })
})
