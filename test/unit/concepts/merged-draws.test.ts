import { describe, expect, test } from 'vitest'
import { mergeDraws } from '../../../src/core/concepts/extractors/snip-llm.ts'

/** Cosines of pairs; those that are not named are 0. */
function cosines(...pairs: readonly (readonly [a: string, b: string, cosine: number])[]) {
  return (a: string, b: string) =>
    pairs.find(([one, other]) => (one === a && other === b) || (one === b && other === a))?.[2] ?? 0
}

const near = cosines(['wizards', 'sorcerers', 0.9], ['wizards', 'magic', 0.6], ['sorcerers', 'magic', 0.85])
const draws = [['wizards', 'castles'], ['sorcerers'], ['magic']]

function merged(mergeAbove: number, cosine: ((a: string, b: string) => number) | null = near, of = draws) {
  return mergeDraws(of, cosine, mergeAbove).map(({ text, others, draws: named }) => [text, others, named])
}

describe('wordings of several draws', () => {
  test.each([0.9, 0.89, 0.61])('are one concept where their cosine reaches the bound of %d', (bound) => {
    expect(merged(bound)).toEqual([
      ['wizards', ['sorcerers'], 2],
      ['castles', [], 1],
      ['magic', [], 1],
    ])
  })

  test.each([0.900001, 0.95, 1])('stay apart where it is below the bound of %d', (bound) => {
    expect(merged(bound)).toEqual([
      ['wizards', [], 1],
      ['castles', [], 1],
      ['sorcerers', [], 1],
      ['magic', [], 1],
    ])
  })

  test('are compared with the first wording of a concept, not with the others that were taken for it', () => {
    // magic is at 0.85 to sorcerers, which is a wording of wizards by then, and at 0.6 to wizards.
    expect(merged(0.8)).toEqual([
      ['wizards', ['sorcerers'], 2],
      ['castles', [], 1],
      ['magic', [], 1],
    ])
    expect(merged(0.6)).toEqual([
      ['wizards', ['sorcerers', 'magic'], 3],
      ['castles', [], 1],
    ])
  })

  test('go to the nearest of several concepts, and of equally near ones to the first', () => {
    const of = [['ships', 'boats'], ['vessels']]
    const nearest = cosines(['ships', 'vessels', 0.7], ['boats', 'vessels', 0.8])
    expect(merged(0.5, nearest, of)).toEqual([
      ['ships', [], 1],
      ['boats', ['vessels'], 2],
    ])
    const equal = cosines(['ships', 'vessels', 0.8], ['boats', 'vessels', 0.8])
    expect(merged(0.5, equal, of)).toEqual([
      ['ships', ['vessels'], 2],
      ['boats', [], 1],
    ])
  })

  test('weigh as the share of draws that name them, each draw once', () => {
    const of = [['wizards', 'sorcerers'], ['Wizards'], ['castles'], ['SORCERERS', 'wizards']]
    expect(mergeDraws(of, near, 0.9)).toEqual([
      { text: 'wizards', others: ['sorcerers'], weight: 3 / 4, draws: 3 },
      { text: 'castles', others: [], weight: 1 / 4, draws: 1 },
    ])
  })

  test('are one without cosines only where they are equal but for capitals', () => {
    expect(merged(0.1, null, [['wizards'], ['Wizards', 'sorcerers']])).toEqual([
      ['wizards', [], 2],
      ['sorcerers', [], 1],
    ])
  })
})
