import { describe, expect, test } from 'vitest'
import { SnipError } from '../../../src/contract/failure.ts'
import { createTokenizer } from '../../../src/core/tokenizer/tokenizer.ts'
import { readTokenizerJson } from './tokenizer-cases.ts'

const good = readTokenizerJson('byte-level-bpe')
const llama = readTokenizerJson('llama-byte-fallback')
const wordPiece = readTokenizerJson('word-piece')

function withModel(changes: Record<string, unknown>): unknown {
  return { ...good, model: { ...good.model, ...changes } }
}

function nested(depth: number): unknown {
  let component: unknown = { type: 'NFC' }
  for (let i = 0; i < depth; i++) component = { type: 'Sequence', normalizers: [component] }
  return component
}

const hostile: [string, unknown, RegExp][] = [
  ['null', null, /not a JSON object/u],
  ['a list', [], /not a JSON object/u],
  ['a string', 'tokenizer', /not a JSON object/u],
  ['no model', {}, /no "model"/u],
  ['a model behind __proto__', JSON.parse('{"__proto__": {"model": {"type": "BPE"}}}'), /no "model"/u],
  ['a model that is a list', { ...good, model: [] }, /no "model"/u],
  ['an unknown model type', withModel({ type: 'Neural' }), /unknown model type "Neural"/u],
  ['a model type named as an inherited property', withModel({ type: 'constructor' }), /unknown model type/u],
  ['a numeric model type', withModel({ type: 3 }), /model.type is not a string/u],
  ['no vocabulary', withModel({ vocab: undefined }), /model.vocab is not an object/u],
  ['an empty vocabulary', withModel({ vocab: {}, merges: [] }), /model.vocab is empty/u],
  ['a text as id', withModel({ vocab: { a: '1' } }), /not a token id/u],
  ['a negative id', withModel({ vocab: { a: -1 } }), /not a token id/u],
  ['a fraction as id', withModel({ vocab: { a: 0.5 } }), /not a token id/u],
  ['an absurd id', withModel({ vocab: { a: 4e9 } }), /not a token id/u],
  [
    'an object under __proto__ in the vocabulary',
    withModel({ vocab: JSON.parse('{"__proto__": {}}') }),
    /not a token id/u,
  ],
  ['no merges', withModel({ merges: null }), /model.merges is not a list/u],
  ['a merge that is a number', withModel({ merges: [3] }), /model.merges\[0\] is not a pair/u],
  ['a merge of one piece', withModel({ merges: ['a'] }), /model.merges\[0\] is not a pair/u],
  ['a merge of unknown pieces', withModel({ merges: ['qq zz'] }), /not in the vocabulary/u],
  ['an unknown token outside the vocabulary', withModel({ unk_token: '<none>' }), /unk_token "<none>" is not/u],
  ['byte_fallback that is a text', withModel({ byte_fallback: 'yes' }), /byte_fallback is not true or false/u],
  ['a subword prefix', withModel({ continuing_subword_prefix: '@@' }), /not supported/u],
  [
    'a WordPiece without unk_token',
    { ...wordPiece, model: { ...wordPiece.model, unk_token: null } },
    /unk_token is missing/u,
  ],
  ['a Unigram whose vocabulary is no list', withModel({ type: 'Unigram' }), /not a list of pieces/u],
  ['a Unigram without scores', withModel({ type: 'Unigram', vocab: [['a']] }), /not a piece with its score/u],
  ['a Unigram without unk_id', withModel({ type: 'Unigram', vocab: [['a', 0]] }), /model.unk_id/u],
  ['added tokens that are no list', { ...good, added_tokens: {} }, /"added_tokens" is not a list/u],
  ['an added token that is null', { ...good, added_tokens: [null] }, /added_tokens\[0\] is not an object/u],
  ['an added token without content', { ...good, added_tokens: [{ id: 1, content: '' }] }, /has no content/u],
  ['an added token with an absurd id', { ...good, added_tokens: [{ id: 1e15, content: 'x' }] }, /not a token id/u],
  ['an unknown normalizer', { ...good, normalizer: { type: 'Rot13' } }, /normalizer "Rot13" is not supported/u],
  ['a normalizer without type', { ...good, normalizer: {} }, /has no type/u],
  ['normalizers nested without end', { ...good, normalizer: nested(5000) }, /nested deeper/u],
  [
    'a thousand normalizers',
    { ...good, normalizer: { type: 'Sequence', normalizers: Array.from({ length: 1000 }, () => ({ type: 'NFC' })) } },
    /more than 64/u,
  ],
  ['a replacement without pattern', { ...good, normalizer: { type: 'Replace' } }, /pattern is not an object/u],
  [
    'a broken regular expression',
    { ...good, normalizer: { type: 'Replace', pattern: { Regex: '(' }, content: '' } },
    /cannot be compiled/u,
  ],
  [
    'an unknown pre-tokenizer',
    { ...good, pre_tokenizer: { type: 'Magic' } },
    /pre-tokenizer "Magic" is not supported/u,
  ],
  [
    'an unknown split behavior',
    { ...good, pre_tokenizer: { type: 'Split', pattern: { String: ' ' }, behavior: 'Eaten' } },
    /behavior/u,
  ],
  ['an unknown decoder', { ...good, decoder: { type: 'Oracle' } }, /cannot be built/u],
  ['a decoder sequence without list', { ...llama, decoder: { type: 'Sequence' } }, /no list "decoders"/u],
  ['an unknown post-processor', { ...good, post_processor: { type: 'Stamp' } }, /post-processor "Stamp"/u],
  [
    'a template without text',
    { ...llama, post_processor: { type: 'TemplateProcessing', single: [] } },
    /no place for the text/u,
  ],
  [
    'a template that is no list',
    { ...llama, post_processor: { type: 'TemplateProcessing', single: 1 } },
    /single is not a list/u,
  ],
]

describe('a hostile tokenizer.json', () => {
  test.each(hostile)('with %s ends in one sentence and a remedy', (_name, json, message) => {
    let caught: unknown
    try {
      createTokenizer(json)
    } catch (error) {
      caught = error
    }
    expect(caught).toBeInstanceOf(SnipError)
    const error = caught as SnipError
    expect(error.kind).toBe('bad-tokenizer')
    expect(error.message).toMatch(message)
    expect(error.message).not.toContain('\n')
    expect(error.remedy).toContain('tokenizer.json')
  })

  test('with a configuration of the wrong types ends in the same way', () => {
    expect(() => createTokenizer(good, 'x')).toThrow('tokenizer_config.json: the file is not a JSON object')
    expect(() => createTokenizer(good, { bos_token: 3 })).toThrow('"bos_token" is neither a string')
  })

  test('may name a piece __proto__ without harm', () => {
    const vocab = { ...good.model.vocab } as Record<string, number>
    Object.defineProperty(vocab, '__proto__', { value: 700, enumerable: true })
    const tokenizer = createTokenizer(withModel({ vocab }))
    expect(tokenizer.tokenPiece(700)).toBe('__proto__')
    expect(({} as Record<string, unknown>)['type']).toBeUndefined()
  })

  test('may leave the model type and null stages out, as early files do', () => {
    const { type: _type, ...model } = good.model
    const early = createTokenizer({ model, added_tokens: [], pre_tokenizer: good.pre_tokenizer, decoder: good.decoder })
    expect(early.decode(early.encode('the neuron'))).toBe('the neuron')
  })
})
