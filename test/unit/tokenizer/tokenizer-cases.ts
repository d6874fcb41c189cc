import { readFileSync } from 'node:fs'

export interface TokenizerJson {
  added_tokens: Record<string, unknown>[]
  normalizer: unknown
  pre_tokenizer: unknown
  post_processor: unknown
  decoder: unknown
  model: { vocab: Record<string, number>; merges?: unknown; [name: string]: unknown }
  [name: string]: unknown
}

export function readTokenizerJson(name: string): TokenizerJson {
  const url = new URL(`../../fixtures/tokenizers/${name}.json`, import.meta.url)
  return JSON.parse(readFileSync(url, 'utf8')) as TokenizerJson
}

export function addedToken(
  id: number,
  content: string,
  options: Record<string, boolean> = {},
): Record<string, unknown> {
  const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: false, ...options }
  return { id, content, ...flags }
}

const LLAMA3_PATTERN = String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`

/** The fixtures and the shapes that published models derive from them. */
export function tokenizerCases(): Record<string, TokenizerJson> {
  const byteLevel = readTokenizerJson('byte-level-bpe')
  const llama = readTokenizerJson('llama-byte-fallback')
  const wordPiece = readTokenizerJson('word-piece')
  const nextId = Object.keys(byteLevel.model.vocab).length + 1
  const bytes = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false }
  return {
    'byte-level': byteLevel,
    'byte-level with a prefix space': {
      ...byteLevel,
      pre_tokenizer: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    },
    'NeoX (NFC, added runs of spaces)': {
      ...byteLevel,
      normalizer: { type: 'NFC' },
      added_tokens: [
        ...byteLevel.added_tokens,
        addedToken(nextId, '  ', { normalized: true }),
        addedToken(nextId + 1, '    ', { normalized: true }),
      ],
    },
    'LLaMA 3 split': {
      ...byteLevel,
      pre_tokenizer: {
        type: 'Sequence',
        pretokenizers: [
          { type: 'Split', pattern: { Regex: LLAMA3_PATTERN }, behavior: 'Isolated', invert: false },
          bytes,
        ],
      },
    },
    'StarCoder (digits apart)': {
      ...byteLevel,
      pre_tokenizer: {
        type: 'Sequence',
        pretokenizers: [
          { type: 'Digits', individual_digits: true },
          { ...bytes, use_regex: true },
        ],
      },
    },
    'added tokens that strip': {
      ...byteLevel,
      added_tokens: [
        ...byteLevel.added_tokens,
        addedToken(nextId, '<mask>', { lstrip: true, special: true }),
        addedToken(nextId + 1, '<right>', { rstrip: true }),
        addedToken(nextId + 2, 'cat', { single_word: true }),
      ],
    },
    LLaMA: llama,
    'LLaMA without byte fallback': { ...llama, model: { ...llama.model, byte_fallback: false } },
    'LLaMA, unknown characters not fused': {
      ...llama,
      model: { ...llama.model, byte_fallback: false, fuse_unk: false },
    },
    'LLaMA with Metaspace': {
      ...llama,
      normalizer: null,
      pre_tokenizer: { type: 'Metaspace', replacement: '\u2581', prepend_scheme: 'first', split: false },
    },
    'LLaMA with Metaspace that splits': {
      ...llama,
      normalizer: null,
      pre_tokenizer: { type: 'Metaspace', replacement: '\u2581', prepend_scheme: 'always', split: true },
    },
    WordPiece: wordPiece,
    'WordPiece, cased': {
      ...wordPiece,
      normalizer: {
        type: 'BertNormalizer',
        clean_text: true,
        handle_chinese_chars: true,
        strip_accents: false,
        lowercase: false,
      },
    },
    'WordPiece after NFKC, Lowercase and StripAccents': {
      ...wordPiece,
      normalizer: {
        type: 'Sequence',
        normalizers: [{ type: 'NFKC' }, { type: 'NFD' }, { type: 'Lowercase' }, { type: 'StripAccents' }],
      },
      pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'WhitespaceSplit' }, { type: 'Punctuation' }] },
    },
  }
}

export const ODD_TEXTS: readonly string[] = [
  '',
  ' ',
  '   ',
  'a',
  ' a',
  'a ',
  'The neuron that fires on the weather',
  "it's we'll THEY'RE don't",
  'two  spaces,   three    four',
  'tab\tnew\nline\r\nCRLF\r\n\r\n  indented',
  '\u0000NUL\u0000 inside',
  'lone \ud83d high, \ude00 low, \ude00\ud83d swapped',
  '\u{1f469}\u200d\u{1f469}\u200d\u{1f467}\u200d\u{1f466} family \u{1f44d}\u{1f3fd}',
  'cafe\u0301 caf\u00e9 \u1e9b\u0323 a\u0327\u0301',
  '\u1112\u1161\u11ab\u1100\u1173\u11af \ud55c\uae00 \uff76\uff9e \ufb01ne',
  '\u05e9\u05dc\u05d5\u05dd \u202eabc\u202c \u0645\u0631\u062d\u0628\u0627',
  '\u4f60\u597d\uff0c\u4e16\u754c \u{20000}\u{2a700}',
  'x<|endoftext|>y <|endoftext|> z',
  'a <s> b</s>c <unk> <0x41> <mask> d <right>  e cat concat cat.',
  '[CLS] the [MASK] neuron [SEP]',
  'word\u2581with\u2581 \u2581lower \u2581\u2581 blocks',
  '\ufeffBOM \ufeff! \u0085 next\u0085line \u00a0nbsp\u3000wide\u2028sep',
  '\u039f\u0394\u039f\u03a3 \u0130stanbul STRASSE \u1e9e',
  'a'.repeat(300),
  '1234567890 3.14 \u0663\u0664 \u00bd \u2167',
]

/** Random texts from pools of every kind of character, special tokens among them. */
export function randomTexts(count: number, seed: number, longest = 40): string[] {
  let state = seed >>> 0
  const random = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const range = (low: number, high: number) => (): string =>
    String.fromCodePoint(low + Math.floor(random() * (high - low)))
  const oneOf = (choices: readonly string[]) => (): string => choices[Math.floor(random() * choices.length)] ?? ''
  const pools = [
    range(97, 123),
    range(32, 127),
    oneOf([' ', ' ', 'the', ' the', 'ing ', '  ', "'s", 'neuron', '. ']),
    oneOf([...'\u200d\ufe0f\ufeff\u0085\u00a0\u2028\u3000\u2581\uff9e\u0130\u03a3\u00df\u0000\t\n\r\f']),
    oneOf(['<|endoftext|>', '<s>', '</s>', '<unk>', '<0x41>', '[MASK]', '<mask>', '<right>', 'cat', '    ']),
    range(0xa0, 0x250),
    range(0x300, 0x370),
    range(0x370, 0x700),
    range(0x1100, 0x1200),
    range(0xac00, 0xd7a4),
    range(0x4e00, 0xa000),
    range(0x1f300, 0x1f700),
    range(0xd800, 0xe000),
    range(0, 0x2fa1f),
  ]
  return Array.from({ length: count }, () => {
    const length = Math.floor(random() * longest)
    let text = ''
    let pool = pools[0]
    for (let i = 0; i < length; i++) {
      if (random() < 0.35) pool = pools[Math.floor(random() * pools.length)]
      text += pool?.() ?? ''
    }
    return text
  })
}
