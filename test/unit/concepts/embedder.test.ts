import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { ConceptReader } from '../../../src/core/concepts/embedders/concept-items.ts'
import { cosines } from '../../../src/core/concepts/embedders/embedder.ts'
import { exemplarsOf } from '../../../src/core/concepts/embedders/exemplars.ts'
import { embedders } from '../../../src/core/concepts/embedders/index.ts'
import { subjectSif } from '../../../src/core/concepts/embedders/subject-sif.ts'
import { firstSingularVector, removeDirection } from '../../../src/core/concepts/embedders/vectors.ts'
import { pairArea } from '../../../src/core/concepts/scorers/pair-area.ts'
import { createRandom } from '../../../src/core/stats/random.ts'

const pairsFile = new URL('../../fixtures/concepts/pairs.json', import.meta.url)
const pairs = z
  .array(z.object({ a: z.string(), b: z.string(), related: z.boolean() }))
  .parse(JSON.parse(readFileSync(pairsFile, 'utf8')))

const vocabulary = ['the', 'dog', 'cat', 'sum', 'said', ',']
const encode = (text: string) =>
  text.split(' ').flatMap((word) => (vocabulary.includes(word) ? [vocabulary.indexOf(word)] : []))
const plain = { smoothing: 0.5, classes: false, dropGlue: false, quotedWeight: 'sif' } as const

describe('linear algebra of the embedder', () => {
  it('finds the first singular vector of a matrix', () => {
    // Rows 2(0.6, 0.8) and (0.8, -0.6): singular values 2 and 1.
    const vector = firstSingularVector(Float64Array.from([1.2, 1.6, 0.8, -0.6]), 2)
    expect(vector[0]).toBeCloseTo(0.6, 9)
    expect(vector[1]).toBeCloseTo(0.8, 9)
    expect([...firstSingularVector(new Float64Array(4), 2)]).toEqual([0, 0])
  })

  it('removes a direction and leaves the rest', () => {
    const rows = Float64Array.from([3, 4, 0, 2])
    removeDirection(rows, 2, Float64Array.from([1, 0]))
    expect([...rows]).toEqual([0, 4, 0, 2])
  })

  it('takes cosines of rows of length 1', () => {
    expect([...cosines(Float32Array.from([1, 0, 0, 1]), Float32Array.from([0, 1]), 2)]).toEqual([0, 1])
  })
})

describe('the reading of concept sentences', () => {
  const read = (text: string) =>
    new ConceptReader().read(text).map((item) => (item.kind === 'class' ? `<${item.id}>` : `${item.kind} ${item.text}`))

  it('parts classes, quoted words and words, and leaves out what all sentences share', () => {
    expect(read('past-tense verbs, such as "said" and "asked", after "he"')).toEqual([
      'quoted said',
      'quoted asked',
      'quoted he',
      '<past>',
    ])
    expect(read("the verb 'use' and its variations.")).toEqual(['quoted use', '<verb>', 'used its'])
    expect(read('words related to cooking')).toEqual(['used cooking'])
    expect(read('the token "\\n    "')).toEqual(['<newline>'])
  })

  it('stands hostile text', () => {
    for (const text of ['', '"', '"\\', "'", '\ud800', '$& | \\u{110000} "\\u{110000}"']) {
      expect(Array.isArray(read(text)), text).toBe(true)
    }
  })

  it('knows members of the classes that words can stand for', () => {
    expect(exemplarsOf('modal')).toContain('would')
    expect(exemplarsOf('close-bracket')).toEqual([')', ']', '}'])
    expect(exemplarsOf('first-piece')).toEqual([])
  })
})

describe('subject-sif', () => {
  const embeddings = Float32Array.from([1, 1, 2, 0, 1.8, 0.4, 0, 1, 0, 2, 1, -1])
  const input = { embeddings, width: 2, tokenCounts: [6, 1, 1, 1, 1, 0], encode, sentences: [] as string[] }

  it('is the weighted average a / (a + p), at length 1', () => {
    // p(the) = 0.6, p(dog) = 0.1: weights 0.5 / 1.1 and 0.5 / 0.6, so (0.45455 + 1.66667, 0.45455).
    const [x, y] = subjectSif.create(input, plain).embed(['the dog'])
    const norm = Math.hypot(1 / 2.2 + 5 / 3, 1 / 2.2)
    expect(x).toBeCloseTo((1 / 2.2 + 5 / 3) / norm, 6)
    expect(y).toBeCloseTo(1 / 2.2 / norm, 6)
  })

  it('weighs the clauses of our own sentences by their strength', () => {
    const [x, y] = subjectSif
      .create(input, { ...plain, dropGlue: true, quotedWeight: 'one' })
      .embed(['the word "dog"; weakly the word "sum"'])
    // (2, 0) at level 1 and (0, 1) at level 0.35.
    expect(x).toBeCloseTo(2 / Math.hypot(2, 0.35), 6)
    expect(y).toBeCloseTo(0.35 / Math.hypot(2, 0.35), 6)
  })

  it('finds a sentence without a pattern unlike everything', () => {
    expect([...subjectSif.create(input, plain).embed(['no describable pattern'])]).toEqual([0, 0])
  })

  it('takes out what the given sentences have in common', () => {
    const embedder = subjectSif.create({ ...input, sentences: ['dog'] }, plain)
    const [x, y] = embedder.embed(['the said'])
    expect(x).toBeCloseTo(0, 6)
    expect(y).toBeCloseTo(1, 6)
  })

  it('gives zeros to a text that says nothing, and the same bytes again for the same text', () => {
    const embedder = subjectSif.create({ ...input, sentences: ['dog', 'sum'] }, plain)
    expect([...embedder.embed(['', 'zebra'])]).toEqual([0, 0, 0, 0])
    expect(embedder.embed(['cat', 'dog'])).toEqual(embedder.embed(['cat', 'dog']))
    expect(embedder.embed([])).toHaveLength(0)
  })

  it('does not depend on the order of the sentences', () => {
    const one = subjectSif.create({ ...input, sentences: ['dog', 'the cat', 'sum'] }, plain)
    const other = subjectSif.create({ ...input, sentences: ['sum', 'dog', 'the cat', 'dog'] }, plain)
    expect(one.embed(['cat'])).toEqual(other.embed(['cat']))
  })

  it('refuses shapes that do not fit', () => {
    expect(() => subjectSif.create({ ...input, width: 5 }, plain)).toThrow(/do not fit together/)
  })

  it('is registered with the published preset and ours', () => {
    expect(embedders['subject-sif']).toBe(subjectSif)
    expect(subjectSif.presets['paper']).toEqual({ ...plain, smoothing: 1e-3 })
    expect(subjectSif.parameters.parse({})).toEqual(subjectSif.presets['corrected'])
  })
})

describe('the concept pairs', () => {
  it('are 50 related and 50 unrelated ones, all different', () => {
    expect(pairs.filter(({ related }) => related)).toHaveLength(50)
    expect(pairs).toHaveLength(100)
    expect(new Set(pairs.map(({ a, b }) => `${a}\n${b}`)).size).toBe(100)
  })

  it('measure an embedder by the area under the curve', () => {
    const of = (rows: readonly (readonly number[])[]) => ({
      id: 'fixed',
      dims: 2,
      embed: (texts: readonly string[]) => Float32Array.from(texts.flatMap((text) => rows[Number(text)] ?? [0, 0])),
    })
    const embedder = of([
      [1, 0],
      [0, 1],
      [0.6, 0.8],
    ])
    const pair = (a: number, b: number, related: boolean) => ({ a: `${a}`, b: `${b}`, related })
    // Related 1 and 0.6, unrelated 0.8 and 0: three of four pairs of pairs in order.
    const area = pairArea(embedder, [pair(0, 0, true), pair(0, 2, true), pair(1, 2, false), pair(0, 1, false)])
    expect(area).toBe(0.75)
  })

  it('leave chance to random vectors', () => {
    const random = createRandom(3)
    const dims = 64
    const embed = (texts: readonly string[]) =>
      Float32Array.from({ length: texts.length * dims }, () => random.normal())
    expect(Math.abs((pairArea({ id: 'noise', dims, embed }, pairs) ?? 0) - 0.5)).toBeLessThan(0.15)
  })
})
