import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'

/**
 * Writes a byte-level tokenizer of `vocabulary` tokens, since reading a real one is part of opening a model: 256 bytes, then
 * merges of two and of three letters, then `<|endoftext|>`.
 */
export function writeTokenizer(folder: string, vocabulary: number, context: number): void {
  const bytes = byteAlphabet()
  const merges: string[] = []
  const room = vocabulary - bytes.length - 1
  const add = (left: string, right: string) => {
    if (merges.length < room) merges.push(`${left} ${right}`)
  }
  for (const first of letters) for (const second of letters) add(first, second)
  for (const first of letters) for (const second of letters) for (const third of letters) add(first + second, third)
  const endOfText = '<|endoftext|>'
  const pieces = [...bytes, ...merges.map((merge) => merge.replace(' ', '')), endOfText]
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true }
  const special = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true }
  const tokenizer = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [{ id: pieces.length - 1, content: endOfText, ...special }],
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: { ...byteLevel, trim_offsets: false },
    decoder: byteLevel,
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: '',
      end_of_word_suffix: '',
      fuse_unk: false,
      byte_fallback: false,
      vocab: Object.fromEntries(pieces.map((piece, id) => [piece, id])),
      merges,
    },
  }
  const config = {
    tokenizer_class: 'GPT2Tokenizer',
    model_max_length: context,
    bos_token: endOfText,
    eos_token: endOfText,
  }
  writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(tokenizer))
  writeFileSync(join(folder, 'tokenizer_config.json'), JSON.stringify(config))
}

/** GPT-2's printable character for each byte, in the order of its vocabulary. */
function byteAlphabet(): string[] {
  const printable = (byte: number) =>
    (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || (byte >= 174 && byte <= 255)
  const bytes = Array.from({ length: 256 }, (_, byte) => byte)
  const hidden = bytes.filter((byte) => !printable(byte))
  return [...bytes.filter(printable), ...hidden.map((_, i) => 256 + i)].map((code) => String.fromCharCode(code))
}
