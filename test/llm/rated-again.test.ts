import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Concept } from '../../src/contract/files.ts'
import { rateConcepts } from '../../src/main/services/concepts/rate.ts'
import { quietTask } from '../../src/main/services/task.ts'
import type { ChatBody } from '../support/llm-server/answers.ts'
import { bench, folderOf } from '../unit/language-models/support.ts'

const concepts = ['rivers', 'stones', 'bread', 'music'].map((text, i): Concept => ({
  neuron: `mlp:0:${i}`,
  text,
  author: 'test',
  explainer: 'test',
  score: null,
  scoreKind: null,
  status: 'suggested',
}))

/** Has four concepts rated in one batch by a server that answers as told; what it was asked, by seed and concepts. */
async function rateBy(answer: (concepts: readonly string[], body: ChatBody & { readonly seed?: number }) => string) {
  const shown = ({ messages }: ChatBody) =>
    Array.from(messages[0]!.content.matchAll(/^\d+\. (.*)$/gm), ([, text]) => text!)
  const { models, id, server } = await bench({ model: { chat: (body) => answer(shown(body), body) } })
  const request = { concepts, texts: ['a b c'], provider: id, budget: null, seed: 5, samples: 1, batch: 50 }
  const outcome = await rateConcepts(models, { ...request, out: join(folderOf('rated'), 'ratings.jsonl') }, quietTask())
  const asked = server.log.map(({ body }) => ({
    seed: (body as { seed?: number }).seed,
    concepts: shown(body as ChatBody),
  }))
  return { ...outcome, asked, paidTwice: server.paidTwice() }
}

test('what a reply leaves out is asked for once more, alone, with another seed, and joins the rest in its place', async () => {
  const { ratings, rated, unrated, asked } = await rateBy((texts) =>
    texts.length === 4 ? '1: 7\n2: no idea\n4: 2 (hardly)' : '1: 9\n2: 11',
  )
  expect(asked).toEqual([
    { seed: 5, concepts: ['rivers', 'stones', 'bread', 'music'] },
    { seed: 6, concepts: ['stones', 'bread'] },
  ])
  expect(ratings.map(({ rating }) => rating)).toEqual([7, 9, null, 2])
  expect(ratings[2]!.reason).toBe('the rating 11 is not between 0 and 10')
  expect([rated, unrated]).toEqual([3, 1])
})

test('a batch that is left out whole is another question the second time, and is sent', async () => {
  const { ratings, asked, paidTwice } = await rateBy((texts, { seed }) =>
    seed === 5 ? 'Let me think about it.' : texts.map((_, i) => `${i + 1}: ${i}`).join('\n'),
  )
  expect(asked.map(({ seed }) => seed)).toEqual([5, 6])
  expect(paidTwice).toEqual([])
  expect(ratings.map(({ rating }) => rating)).toEqual([0, 1, 2, 3])
})

test('remarks behind numbers, JSON and other scales are ratings at the first asking', async () => {
  const answers = [
    (i: number) => `${i + 1}: ${i} (important for these texts)`,
    (i: number) => `${i === 0 ? '[' : ''}${i}${i === 3 ? ']' : ','}`,
    (i: number) => `${i + 1}: ${i}0/100`,
  ]
  for (const lineOf of answers) {
    const { ratings, asked } = await rateBy((texts) => texts.map((_, i) => lineOf(i)).join('\n'))
    expect(ratings.map(({ rating }) => rating)).toEqual([0, 1, 2, 3])
    expect(asked).toHaveLength(1)
  }
})
