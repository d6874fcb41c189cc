import { isDeepStrictEqual } from 'node:util'
import { Tokenizer as RustTokenizer } from 'tokenizers'
import { describe, expect, test } from 'vitest'
import { createTokenizer } from '../../../src/core/tokenizer/tokenizer.ts'
import { ODD_TEXTS, randomTexts, tokenizerCases } from './tokenizer-cases.ts'

/** Gathers what differs, for one `expect` at the end: 150,000 calls of it took longer than all the tokenizing. */
function gathering() {
  const differing: { text: string; ours: unknown; reference: unknown }[] = []
  return {
    differing,
    compare(ours: unknown, reference: unknown, text: string): void {
      if (!isDeepStrictEqual(ours, reference)) differing.push({ text, ours, reference })
    },
  }
}

/** Code point offsets, as the reference counts, in UTF-16 units. */
function toUnits(text: string, offsets: number[][]): number[][] {
  const unitOf = [0]
  for (const character of text) unitOf.push((unitOf.at(-1) ?? 0) + character.length)
  return offsets.map((pair) => pair.map((offset) => unitOf[offset] ?? -1))
}

/**
 * Where we differ on purpose: a ▁ or space put before the text stands for nothing there, not for the first character; and
 * a character that was composed, decomposed or stripped stands for the whole combining sequence it came from.
 */
function differingSpans(ours: number[][], reference: number[][], normalizes: boolean): unknown[] {
  const differing = ours.flatMap((span, i) => {
    const [start = -1, end = -1] = span
    const [low = -1, high = -1] = reference[i] ?? []
    const same = start === low && end === high
    const prepended = start === end && start === low
    const wider = normalizes && start <= low && high <= end
    return same || prepended || wider ? [] : [{ ours: span, reference: reference[i] }]
  })
  return ours.length === reference.length ? differing : [...differing, [ours.length, reference.length]]
}

/** Characters whose category is the same in every Unicode version: the reference's word tables are those of Unicode 8. */
const UNSETTLED =
  /[^\0-\u036f\u0391-\u03a1\u03a3-\u0556\u05d0-\u05ea\u0620-\u06ff\u1100-\u11ff\u1e00-\u206f\u2150-\u218f\u2581\u3000-\u303f\uac00-\ud7a3\u4e00-\u9fcc\ufb00-\ufb06\ufeff\uff01-\uff9f\u{1f300}-\u{1f5ff}]/gu

const allTexts = [...ODD_TEXTS, ...randomTexts(1000, 7)]

describe.each(Object.entries(tokenizerCases()))('%s agrees with the reference implementation', (_name, json) => {
  const reference = RustTokenizer.fromString(JSON.stringify(json))
  const ours = createTokenizer(json)
  const texts = json.model['type'] === 'WordPiece' ? allTexts.map((text) => text.replace(UNSETTLED, '')) : allTexts

  test('on the ids and pieces of odd and of 1,000 random texts, with and without special tokens', async () => {
    const { compare, differing } = gathering()
    const plain = await reference.encodeBatch(texts, { addSpecialTokens: false })
    const special = await reference.encodeBatch(texts, { addSpecialTokens: true })
    texts.forEach((text, i) => {
      const expected = special[i]?.getIds() ?? []
      const spanned = ours.encodeWithSpans(text, { specialTokens: true })
      compare(ours.encode(text), plain[i]?.getIds(), text)
      compare(ours.encode(text, { specialTokens: true }), expected, text)
      compare(spanned.ids, expected, text)
      compare(
        spanned.pieces,
        expected.map((id) => reference.idToToken(id)),
        text,
      )
    })
    expect(differing).toEqual([])
  })

  test('on the text that ids decode to, at once and token by token', async () => {
    const { compare, differing } = gathering()
    const batch = texts.map((text) => ours.encode(text, { specialTokens: true }))
    for (const skipSpecialTokens of [false, true]) {
      const expected = await reference.decodeBatch(batch, skipSpecialTokens)
      batch.forEach((ids, i) => {
        const stream = ours.createDecoderStream({ skipSpecialTokens })
        compare(ours.decode(ids, { skipSpecialTokens }), expected[i], texts[i]!)
        compare(ids.map((id) => stream.push(id)).join('') + stream.end(), expected[i], texts[i]!)
      })
    }
    expect(differing).toEqual([])
  })

  test('on the spans', async () => {
    const { compare, differing } = gathering()
    const encodings = await reference.encodeBatch(texts, { addSpecialTokens: false })
    texts.forEach((text, i) => {
      const { spans } = ours.encodeWithSpans(text)
      const expected = toUnits(text, encodings[i]?.getOffsets() ?? [])
      compare(differingSpans(spans, expected, json.normalizer !== null), [], text)
    })
    expect(differing).toEqual([])
  })
})
