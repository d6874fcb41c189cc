import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

export const endOfText = '<|endoftext|>'

/** A few merges, in order, so that common words are fewer tokens than bytes; none holds q, x, digits or punctuation. */
const merges = [
  'Ġ t',
  'h e',
  'Ġt he',
  'i n',
  'Ġ a',
  'a n',
  'Ġa n',
  'an d',
  'Ġ and',
  'o u',
  'r e',
  'Ġ s',
  'e r',
  'Ġ w',
  'in g',
]

/**
 * The pieces of a small byte-level tokenizer by id: 256 single bytes in GPT-2's order (printable ones first), then one
 * piece per merge, then `<|endoftext|>`. Any UTF-8 text can be encoded.
 */
export function tokenizerPieces(mergesInOrder: readonly string[] = merges): string[] {
  return [...byteAlphabet().values(), ...mergesInOrder.map((merge) => merge.replace(' ', '')), endOfText]
}

/** How many tokens the small tokenizer knows: the default vocabulary of the made models. */
export const smallVocabulary = 256 + merges.length + 1

/** The id of a single byte of ASCII text. */
export function idOfByte(character: string): number {
  return [...byteAlphabet().keys()].indexOf(character.charCodeAt(0))
}

/** GPT-2's printable character for each byte, in the order of its vocabulary. */
function byteAlphabet(): Map<number, string> {
  const printable = (byte: number): boolean =>
    (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || (byte >= 174 && byte <= 255)
  const bytes = Array.from({ length: 256 }, (_, byte) => byte)
  const alphabet = new Map<number, string>()
  for (const byte of bytes.filter(printable)) alphabet.set(byte, String.fromCharCode(byte))
  let next = 256
  for (const byte of bytes.filter((candidate) => !printable(candidate))) alphabet.set(byte, String.fromCharCode(next++))
  return alphabet
}

/** Writes tokenizer.json and tokenizer_config.json as the published byte-level tokenizers have them. */
export function writeTokenizer(directory: string, context: number, mergesInOrder: readonly string[] = merges): void {
  const pieces = tokenizerPieces(mergesInOrder)
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true }
  const special = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true }
  const tokenizer = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [{ id: pieces.indexOf(endOfText), content: endOfText, ...special }],
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
      merges: mergesInOrder,
    },
  }
  const config = {
    tokenizer_class: 'PreTrainedTokenizerFast',
    model_max_length: context,
    bos_token: endOfText,
    eos_token: endOfText,
    unk_token: endOfText,
  }
  writeFileSync(join(directory, 'tokenizer.json'), JSON.stringify(tokenizer))
  writeFileSync(join(directory, 'tokenizer_config.json'), JSON.stringify(config))
}
