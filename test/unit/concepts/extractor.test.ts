import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { forgetConceptSchema } from '../../../src/contract/files.ts'
import { extractors } from '../../../src/core/concepts/extractors/index.ts'
import { lexicalExtractor } from '../../../src/core/concepts/extractors/lexical.ts'
import { logOddsZ } from '../../../src/core/concepts/extractors/log-odds.ts'
import { parseDescription } from '../../../src/core/concepts/grammar/parse.ts'

const fixture = (name: string) => readFileSync(new URL(`../../fixtures/concepts/${name}`, import.meta.url), 'utf8')
const prose = fixture('alice.txt')
const code = fixture('code.py.txt')
const options = lexicalExtractor.parameters.parse({})

describe('the log-odds ratio with a Dirichlet prior', () => {
  it('has the value of the formula', () => {
    // Share 40/300, prior 30 x 40/300 = 4: log(34/96) - log(14/216) over sqrt(1/34 + 1/14).
    const z = logOddsZ({ forget: 30, forgetTotal: 100, reference: 10, referenceTotal: 200 }, 30)
    expect(z).toBeCloseTo((Math.log(34 / 96) - Math.log(14 / 216)) / Math.sqrt(1 / 34 + 1 / 14), 12)
    expect(z).toBeCloseTo(5.34786, 4)
  })

  it('is 0 for equal shares, and antisymmetric', () => {
    expect(logOddsZ({ forget: 5, forgetTotal: 50, reference: 5, referenceTotal: 50 }, 100)).toBeCloseTo(0, 12)
    const there = logOddsZ({ forget: 9, forgetTotal: 50, reference: 2, referenceTotal: 70 }, 10)
    const back = logOddsZ({ forget: 2, forgetTotal: 70, reference: 9, referenceTotal: 50 }, 10)
    expect(there).toBeCloseTo(-back, 12)
  })

  it('is 0 where nothing is counted or nothing else is', () => {
    expect(logOddsZ({ forget: 0, forgetTotal: 5, reference: 0, referenceTotal: 5 }, 10)).toBe(0)
    expect(logOddsZ({ forget: 5, forgetTotal: 5, reference: 5, referenceTotal: 5 }, 10)).toBe(0)
  })
})

describe('the lexical extractor', () => {
  it('reads a text with megabytes of white space at its end as if they were not there, and as fast', () => {
    const plain = lexicalExtractor.run({ forget: [code], reference: [prose] }, options)
    const started = performance.now()
    const padded = lexicalExtractor.run({ forget: [code + ' \n'.repeat(1_000_000)], reference: [prose] }, options)
    expect(padded).toEqual(plain)
    expect(performance.now() - started).toBeLessThan(10_000)
  })

  it('names what code has and prose has not', () => {
    const concepts = lexicalExtractor.run({ forget: [code], reference: [prose] }, options)
    const texts = concepts.map(({ text }) => text)
    expect(concepts.length).toBeGreaterThanOrEqual(10)
    expect(concepts.length).toBeLessThanOrEqual(30)
    for (const start of [
      'Python keywords, such as',
      'code identifiers, such as',
      'indentation',
      'operators, such as "="',
    ]) {
      expect(
        texts.findIndex((text) => text.startsWith(start)),
        start,
      ).toBeGreaterThanOrEqual(0)
    }
    expect(texts.some((text) => /past-tense|pronouns|verbs of speech/.test(text))).toBe(false)
  })

  it('names what prose has and code has not', () => {
    const texts = lexicalExtractor.run({ forget: [prose], reference: [code] }, options).map(({ text }) => text)
    expect(texts.some((text) => text.startsWith('pronouns, such as'))).toBe(true)
    expect(texts.some((text) => /keywords|identifiers|operators/.test(text))).toBe(false)
  })

  it('writes lines of forget.jsonl in the grammar of the explainer, weights from 1 downwards', () => {
    const concepts = lexicalExtractor.run({ forget: [code], reference: [prose] }, options)
    expect(concepts[0]?.weight).toBe(1)
    for (let i = 0; i < concepts.length; i++) {
      expect(forgetConceptSchema.parse(concepts[i])).toEqual(concepts[i])
      expect(parseDescription(concepts[i]?.text ?? '')).not.toBeNull()
      expect(concepts[i]?.weight).toBeLessThanOrEqual(concepts[Math.max(i - 1, 0)]?.weight ?? 0)
    }
    expect(lexicalExtractor.run({ forget: [code], reference: [prose] }, options)).toEqual(concepts)
  })

  it('contrasts the targets of a cloze set with its texts', () => {
    const targets = ['went', 'said', 'took', 'asked', 'thought', 'looked', 'came', 'saw', 'ran', 'gave', 'had', 'found']
    const concepts = lexicalExtractor.run({ forget: [prose], reference: [], targets }, options)
    expect(concepts[0]?.text).toMatch(/^(past-tense )?verbs, such as "/)
    expect(concepts.map(({ text }) => text).some((text) => /commas|pronouns|nouns/.test(text))).toBe(false)
    expect(concepts.every(({ text }) => !text.includes('XXXXX'))).toBe(true)
  })

  it('names nothing when both sides are alike', () => {
    expect(lexicalExtractor.run({ forget: [prose], reference: [prose] }, options)).toEqual([])
  })

  it('refuses empty sides with a sentence', () => {
    expect(() => lexicalExtractor.run({ forget: ['  '], reference: [prose] }, options)).toThrow(
      /forget set holds no text/,
    )
    expect(() => lexicalExtractor.run({ forget: [prose], reference: [] }, options)).toThrow(/reference holds no text/)
  })

  it('is registered', () => {
    expect(extractors['lexical']).toBe(lexicalExtractor)
  })
})
