import { PrecompiledNormalizer } from '@huggingface/tokenizers'
import { prependAligned, replaceAligned, sliceAligned, spanOf, type AlignedText } from './aligned-text.ts'
import { compilePattern } from './pattern.ts'
import { badTokenizer, booleanField, stringField, type ComponentSpec, type JsonObject } from './tokenizer-json.ts'

export type TextStep = (source: AlignedText) => AlignedText

/** The normalizer of a tokenizer.json, stage by stage, as one function that keeps the alignment. */
export function createNormalizer(components: readonly ComponentSpec[]): TextStep {
  const steps = components.flatMap((component) => stepsOf(component))
  return (source) => {
    let aligned = source
    for (const step of steps) aligned = step(aligned)
    return aligned
  }
}

function stepsOf({ type, fields }: ComponentSpec): TextStep[] {
  switch (type) {
    case 'NFC':
    case 'NFD':
    case 'NFKC':
    case 'NFKD':
      return [unicodeForm((text) => text.normalize(type))]
    case 'Lowercase':
      return [lowercase]
    case 'StripAccents':
      return [rewriteAll(/\p{M}/gu, () => '')]
    case 'Strip':
      return [
        strip(
          booleanField(fields, 'strip_left', 'normalizer') ?? false,
          booleanField(fields, 'strip_right', 'normalizer') ?? false,
        ),
      ]
    case 'Prepend': {
      const prefix = stringField(fields, 'prepend', 'normalizer') ?? ''
      return [(source) => (source.text === '' ? source : prependAligned(source, prefix))]
    }
    case 'Replace': {
      const content = stringField(fields, 'content', 'normalizer') ?? ''
      return [rewriteAll(compilePattern(fields, 'normalizer'), () => content)]
    }
    case 'BertNormalizer':
      return bertSteps(fields)
    case 'Precompiled': {
      const charsmap = stringField(fields, 'precompiled_charsmap', 'normalizer') ?? ''
      const precompiled = new PrecompiledNormalizer({ type: 'Precompiled', precompiled_charsmap: charsmap })
      return [unicodeForm((text) => precompiled.normalize(text))]
    }
    default:
      throw badTokenizer(`the normalizer "${type.slice(0, 40)}" is not supported`)
  }
}

function rewriteAll(pattern: RegExp, rewrite: (match: string) => string): TextStep {
  return (source) => replaceAligned(source, pattern, rewrite)
}

/** Character by character, as the reference does: a final capital sigma becomes σ, not ς. */
function lowercase(source: AlignedText): AlignedText {
  return replaceAligned(source, /\p{Changes_When_Lowercased}/gu, (character) => character.toLowerCase())
}

function strip(left: boolean, right: boolean): TextStep {
  const isSpace = (character: string | undefined): boolean =>
    character !== undefined && /^\p{White_Space}$/u.test(character)
  return (source) => {
    let start = 0
    let end = source.text.length
    if (left) while (isSpace(source.text[start])) start += 1
    if (right) while (end > start && isSpace(source.text[end - 1])) end -= 1
    return sliceAligned(source, start, end)
  }
}

/** A base character with what combines with it: Hangul jamo, marks, half-width voicing marks. */
const COMBINING_SEQUENCE =
  /(?:[\u1100-\u1112][\u1161-\u1175]?[\u11a8-\u11c2]?|[\uac00-\ud7a3][\u11a8-\u11c2]?|[\s\S])[\p{M}\uff9e\uff9f]*/gu

function unicodeForm(normalize: (text: string) => string): TextStep {
  return (source) => {
    const text = normalize(source.text)
    if (text === source.text) return source
    if (source.starts === null) return { ...source, text }
    const aligned = replaceAligned(source, COMBINING_SEQUENCE, normalize)
    if (aligned.text === text) return aligned
    // Sequences that act on each other: one coarse but true range for all of it.
    const [start, end] = spanOf(source, 0, source.text.length)
    return {
      text,
      atStart: source.atStart,
      starts: new Int32Array(text.length).fill(start),
      ends: new Int32Array(text.length).fill(end),
    }
  }
}

const CJK =
  /[\u4e00-\u9fff\u3400-\u4dbf\u{20000}-\u{2a6df}\u{2a700}-\u{2b73f}\u{2b740}-\u{2b81f}\u{2b920}-\u{2ceaf}\uf900-\ufaff\u{2f800}-\u{2fa1f}]/gu

function bertSteps(fields: JsonObject): TextStep[] {
  const where = 'normalizer'
  const lower = booleanField(fields, 'lowercase', where) ?? true
  const steps: TextStep[] = []
  if (booleanField(fields, 'clean_text', where) ?? true) {
    steps.push(rewriteAll(/(?![\t\n\r])[\p{Cc}\p{Cf}\p{Co}\p{Cs}\ufffd]/gu, () => ''))
    steps.push(rewriteAll(/\p{White_Space}/gu, () => ' '))
  }
  if (booleanField(fields, 'handle_chinese_chars', where) ?? true) steps.push(rewriteAll(CJK, (c) => ` ${c} `))
  if (booleanField(fields, 'strip_accents', where) ?? lower) {
    steps.push(unicodeForm((text) => text.normalize('NFD')))
    steps.push(rewriteAll(/\p{Mn}/gu, () => ''))
  }
  if (lower) steps.push(lowercase)
  return steps
}
