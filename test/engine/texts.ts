import { createRandom } from '../../src/core/stats/random.ts'

const words = ['and', 'the', 'in', 'ou', 'quiz', 'box', '12', '(a)', '"no"', 'win', 'sing', 'here', 'Ärger', 'x', '\n']

/** A text of seeded random words that the small tokenizer cuts into pieces of all kinds. */
export function randomText(seed: number, count: number): string {
  const random = createRandom(seed)
  return Array.from({ length: count }, () => words[random.integer(words.length)]).join(' ')
}
