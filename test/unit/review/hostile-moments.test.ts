import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ownOpinions } from '../../../src/main/services/review/opinions.ts'
import { readReviewFile } from '../../../src/main/services/review/review-file.ts'
import { workspaceBench } from '../workspace/opened.ts'
import { reviewing } from './reviewing.ts'

const { folder, open, scratch } = workspaceBench()

function fileOf(...moments: readonly unknown[]): string {
  const path = join(scratch(), 'bob.jsonl')
  const lines = moments.map((at, i) => ({
    neuron: `mlp:0:${i}`,
    text: 'verbs',
    edited: false,
    verdict: 'accepted',
    author: 'Bob',
    at,
    note: null,
    pin: null,
  }))
  writeFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
  return path
}

describe('moments of a review', () => {
  test.each([8.640000001e15, 1e300, -1, 0.5])('%d is none: the line is left out and told', (at) => {
    const file = readReviewFile(fileOf(5, at))
    expect(file.lines.map(({ neuron }) => neuron)).toEqual(['mlp:0:0'])
    expect(file.rejected).toEqual([{ line: 2, reason: expect.stringMatching(/^at: /) as string }])
    expect(() => readReviewFile(fileOf(at))).toThrow(/bob\.jsonl is no review: line 1: at: /)
  })

  test('are null, 0 and any up to the last day of all', () => {
    expect(readReviewFile(fileOf(null, 0, 8.64e15)).lines.map(({ at }) => at)).toEqual([null, 0, 8.64e15])
  })

  test.each([1e300, -1e300, 8.640000001e15])(
    'that a workspace of before holds, such as %d, leave its exports whole',
    async (at) => {
      const one = await reviewing(await open(folder()))
      await one.explain('a', 'lexical', [['mlp:0:0', 'verbs', 0.5]])
      const sentence = { text: 'verbs', author: 'lexical', explainer: 'lexical', score: 0.5, scoreKind: null }
      const after = { status: 'accepted' as const, author: 'Bob', at, sentence, latest: 'a' }
      await one.store.edit('Merged a review', [{ kind: 'review', key: 'mlp:0:0', after }], 'Bob')
      const { path, rows } = await one.write('concepts')
      expect(rows).toBe(1)
      expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({
        neuron: 'mlp:0:0',
        status: 'accepted',
        reviewer: 'Bob',
        reviewedAt: null,
      })
      expect(ownOpinions((await one.data()) as never, 'Bob').map((line) => line.at)).toEqual([null])
    },
  )
})
