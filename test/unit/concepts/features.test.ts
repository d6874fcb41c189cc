import { describe, expect, it } from 'vitest'
import { joinTokens, splitUnits, unitsOfTokens } from '../../../src/core/concepts/features/units.ts'
import { findBracketedUnits, findCodeUnits, findQuotedUnits } from '../../../src/core/concepts/features/unit-places.ts'
import { WindowTagger } from '../../../src/core/concepts/features/window-tagger.ts'
import { tagSentences } from '../../../src/core/concepts/features/word-tags.ts'

/** All features of one role at each token. */
function valuesOf(tokens: readonly string[], role: string): string[][] {
  const tagger = new WindowTagger()
  const { ids, offsets, positions } = tagger.features(tokens)
  const found: string[][] = tokens.map(() => [])
  ids.forEach((id, k) => {
    const feature = tagger.table.get(id)
    if (feature.role !== role) return
    for (let p = offsets[k] ?? 0; p < (offsets[k + 1] ?? 0); p++) found[positions[p] ?? 0]?.push(feature.value)
  })
  return found.map((values) => values.toSorted())
}

describe('units of a window', () => {
  it('are words with their apostrophes, single marks, line breaks and indentation', () => {
    expect(splitUnits("He didn't (go).\n    x_1 = 2").map(({ kind, text }) => `${kind}:${text}`)).toEqual([
      'word:He',
      "word:didn't",
      'mark:(',
      'word:go',
      'mark:)',
      'mark:.',
      'newline:\n',
      'indentation:    ',
      'word:x_1',
      'mark:=',
      'word:2',
    ])
  })

  it('are touched by the tokens that hold one of their characters', () => {
    const tokens = ['un', 'like', 'ly', ' it', '."', ' ']
    const { text, starts } = joinTokens(tokens)
    expect([...unitsOfTokens(tokens, starts, splitUnits(text))]).toEqual([0, 1, 0, 1, 0, 1, 1, 2, 2, 4, 4, 4])
  })

  it('know code lines, quotations and brackets', () => {
    const text = 'She said, "go (now)."\nreturn f(x)'
    const units = splitUnits(text)
    const inside = (flags: Uint8Array) => units.filter((_, i) => flags[i] === 1).map((unit) => unit.text)
    expect(inside(findQuotedUnits(text, units))).toEqual(['go', '(', 'now', ')', '.'])
    expect(inside(findBracketedUnits(units))).toEqual(['now', 'x'])
    expect(inside(findCodeUnits(text, units))).toEqual(['return', 'f', '(', 'x', ')'])
  })
})

describe('features of tokens', () => {
  it('give classes to words by what they are and how they are written', () => {
    const [he, said, anne, was, running, two, comma] = valuesOf(
      ['He', ' said', ' Anne', ' was', ' running', ' two', ','],
      'class',
    )
    expect(he).toEqual(['capitalised', 'pronoun', 'word'])
    expect(said).toEqual(['past', 'speech', 'verb', 'word'])
    expect(anne).toContain('name')
    expect(was).toEqual(['be', 'past', 'verb', 'word'])
    expect(running).toEqual(expect.arrayContaining(['ing', 'motion', 'verb']))
    expect(two).toEqual(['number', 'word'])
    expect(comma).toEqual(['comma', 'punctuation'])
  })

  it('know Python keywords and identifiers in code only', () => {
    const tokens = ['def', ' run', '(', 'self', '):', '\n', '    ', 'return', ' self', '.', 'x']
    const classes = valuesOf(tokens, 'class')
    expect(classes[0]).toContain('keyword')
    expect(classes[1]).toContain('identifier')
    expect(classes[2]).toEqual(['open-bracket', 'punctuation'])
    expect(classes[4]).toEqual(['close-bracket', 'colon', 'punctuation'])
    expect(classes[5]).toEqual(['newline'])
    expect(classes[6]).toEqual(['indentation'])
    expect(classes[10]).toContain('identifier')
    expect(valuesOf(['Come', ' from', ' there', ' for', ' me'], 'class').flat()).not.toContain('keyword')
  })

  it('call the pieces of split words first and later', () => {
    const classes = valuesOf([' won', 'der', 'ful', ' day'], 'class').map((values) =>
      values.filter((value) => value.endsWith('piece')),
    )
    expect(classes).toEqual([['first-piece'], ['later-piece'], ['later-piece'], []])
  })

  it('see the neighbours of a word across line breaks', () => {
    expect(valuesOf(['He', '\n', 'ran', ' off'], 'after-word')).toEqual([[], ['he'], ['he'], ['ran']])
    expect(valuesOf(['He', '\n', 'ran', ' off'], 'before-word')[2]).toEqual(['off'])
  })

  it('mark where sentences, lines and windows start', () => {
    const places = valuesOf(['One', '.', ' Two', '\n', 'three'], 'place')
    expect(places[0]).toContain('window-start')
    expect(places[2]).toContain('sentence-start')
    expect(places[4]).toContain('line-start')
    expect(places[4]).not.toContain('sentence-start')
  })

  it('stand any text', () => {
    const tagger = new WindowTagger()
    for (const tokens of [
      [],
      [''],
      ['\ud800', '\u0000', '\ufffd'],
      [' ', '\n', '\t'],
      ['__proto__', 'constructor', "'"],
    ]) {
      expect(tagger.features(tokens).length).toBe(tokens.length)
    }
  })

  it('find a window again by its text', () => {
    const tagger = new WindowTagger()
    expect(tagger.features(['a', ' b'])).toBe(tagger.features(['a', ' b']))
    expect(tagger.features(['a b'])).not.toBe(tagger.features(['a', ' b']))
  })
})

describe('the tagger', () => {
  it('keeps one entry per word, contractions too', () => {
    const words = ['He', "didn't", 'know', "Anne's", 'dogs', "I'd", 'quickly', 'constructor']
    const [tags] = tagSentences([words])
    expect(tags).toHaveLength(words.length)
    expect(tags?.[2]).toContain('verb')
    expect(tags?.[4]).toContain('plural-noun')
    expect(tags?.[6]).toEqual(['adverb'])
  })
})
