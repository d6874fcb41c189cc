import { GPT2_PATTERN } from './pre-tokenizer.ts'
import { field, isObject, type ComponentSpec, type TokenizerSpec } from './tokenizer-json.ts'

/** Cuts a long text into parts whose tokens, one after the other, are exactly the tokens of the whole. */
export type TextCutter = (text: string) => Iterable<string>

const METASPACE = '\u2581'

/** Published split patterns in which no match holds a non-space followed by a space. */
const CUTTABLE_PATTERNS: ReadonlySet<string> = new Set([
  String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`,
  String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
  String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
  GPT2_PATTERN.source,
])

/**
 * The cutter of a tokenizer, or null where no cut is known to be safe. A cut is made before a single space between two
 * non-spaces, never beside an added token:
 * - byte-level (GPT-2): no match of the split pattern holds a non-space followed by a space, its only look-ahead is after
 *   spaces, and there is no look-behind, so a match always ends there. NFC and its kin never compose across a space.
 * - metaspace (LLaMA): when no merge makes a piece with a non-▁ before a ▁, no token crosses the place; the ▁ that is
 *   put before each text takes the place of the space, which is therefore left out of the part.
 */
export function createTextCutter(spec: TokenizerSpec): TextCutter | null {
  const keepsSpace = isByteLevelCuttable(spec) ? true : metaspaceKeepsSpace(spec)
  if (keepsSpace === null) return null
  // A metaspace text is one pre-token: short parts are words, which the model remembers.
  const chunkUnits = spec.preTokenizers.at(-1)?.type === 'ByteLevel' ? 4096 : 1
  const contents = spec.addedTokens.map((token) => token.content)
  // An added token over the cut, in the text or after normalizing.
  if (contents.some((content) => /[^\s\u2581][\s\u2581]/u.test(content))) return null
  const besideAddedToken = (text: string, at: number): boolean =>
    contents.some(
      (content) => text.startsWith(content, at) || text.startsWith(content, at + 1) || text.endsWith(content, at),
    )

  return function* cut(text: string): Generator<string> {
    const space = /[^\s\u0085\u2581] (?=[^\s\u0085\u2581])/gu
    let start = 0
    space.lastIndex = chunkUnits
    for (let match = space.exec(text); match !== null; match = space.exec(text)) {
      const at = match.index + match[0].length - 1
      if (besideAddedToken(text, at)) continue
      yield text.slice(start, at)
      start = keepsSpace ? at : at + 1
      space.lastIndex = Math.max(space.lastIndex, start + chunkUnits)
    }
    yield text.slice(start)
  }
}

function isByteLevelCuttable({ normalizers, preTokenizers }: TokenizerSpec): boolean {
  if (preTokenizers.at(-1)?.type !== 'ByteLevel') return false
  if (!normalizers.every(({ type }) => /^NFK?[CD]$/u.test(type))) return false
  const splits = preTokenizers.filter(splitsBeforeSpace)
  return splits.length > 0 && preTokenizers.every((stage) => splitsBeforeSpace(stage) || isLocal(stage))
}

function splitsBeforeSpace({ type, fields }: ComponentSpec): boolean {
  if (type === 'ByteLevel') return field(fields, 'use_regex') !== false
  if (type !== 'Split') return false
  const pattern = field(fields, 'pattern')
  const regex = isObject(pattern) ? field(pattern, 'Regex') : undefined
  const behavior = field(fields, 'behavior')
  const keepsMatches = field(fields, 'invert') === true ? behavior === 'Removed' : behavior === 'Isolated'
  return typeof regex === 'string' && keepsMatches && CUTTABLE_PATTERNS.has(regex)
}

/** Stages that look at one character at a time. */
function isLocal({ type, fields }: ComponentSpec): boolean {
  if (type === 'ByteLevel' || type === 'Digits') return true
  return type === 'Punctuation' && (field(fields, 'behavior') ?? 'Isolated') === 'Isolated'
}

/** Whether the parts of a LLaMA-style tokenizer keep the space they begin with; null when they cannot be cut. */
function metaspaceKeepsSpace({ model, normalizers, preTokenizers }: TokenizerSpec): boolean | null {
  if (model.type !== 'BPE' || model.fields['ignore_merges'] === true || !model.pieceToId.has(METASPACE)) return null
  if (model.fields['end_of_word_suffix']) return null
  if (model.mergedPieces.some((piece) => /[^\u2581]\u2581/u.test(piece))) return null
  const [stage, another] = preTokenizers
  if (stage === undefined) {
    const [first, second] = normalizers
    if (normalizers.length === 1 && isSpaceReplace(first)) return true
    const prepends = first?.type === 'Prepend' && field(first.fields, 'prepend') === METASPACE
    return normalizers.length === 2 && prepends && isSpaceReplace(second) ? false : null
  }
  if (another !== undefined || stage.type !== 'Metaspace' || normalizers.length > 0) return null
  if ((field(stage.fields, 'replacement') ?? METASPACE) !== METASPACE) return null
  const legacyScheme = field(stage.fields, 'add_prefix_space') === false ? 'never' : 'always'
  return (field(stage.fields, 'prepend_scheme') ?? legacyScheme) === 'never'
}

function isSpaceReplace(stage: ComponentSpec | undefined): boolean {
  if (stage?.type !== 'Replace' || field(stage.fields, 'content') !== METASPACE) return false
  const pattern = field(stage.fields, 'pattern')
  return isObject(pattern) && field(pattern, 'String') === ' '
}
