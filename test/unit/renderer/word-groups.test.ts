import { describe, expect, it } from 'vitest'
import { wordGroups } from '../../../src/renderer/components/word-groups.ts'

describe('word groups', () => {
  it('keep the texts: all parts of a side joined are the side', () => {
    const pairs = [
      ['the cat sat on the mat', 'the dog lay on a mat'],
      ['', 'new text'],
      ['مرحبا بالعالم 🎉', 'مرحبا يا عالم 🎉🎉'],
      ['日本語の文章です', '日本語の本です'],
    ] as const
    for (const [original, unlearned] of pairs) {
      const { groups } = wordGroups(original, unlearned)
      expect(groups.map((group) => group.original).join('')).toBe(original)
      expect(groups.map((group) => group.unlearned).join('')).toBe(unlearned)
    }
  })

  it('join changes that only white space keeps apart', () => {
    const { groups, changedOriginal, changedUnlearned } = wordGroups('a red big house', 'a blue small house')
    expect(groups).toEqual([
      { same: true, original: 'a ', unlearned: 'a ' },
      { same: false, original: 'red big', unlearned: 'blue small' },
      { same: true, original: ' house', unlearned: ' house' },
    ])
    expect([changedOriginal, changedUnlearned]).toEqual([2, 2])
  })

  it('find nothing in equal texts', () => {
    expect(wordGroups('same words', 'same words')).toMatchObject({ changedOriginal: 0, changedUnlearned: 0 })
  })

  it('give up on texts that share nothing over thousands of words, and say so', () => {
    const many = (word: string) => Array.from({ length: 6000 }, (_, i) => `${word}${i}`).join(' ')
    const difference = wordGroups(many('a'), many('b').replaceAll(' ', '_'))
    expect(difference.complete).toBe(false)
    expect(difference.groups).toHaveLength(1)
  })
})
