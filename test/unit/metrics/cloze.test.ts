import { describe, expect, it } from 'vitest'
import { resultSchema } from '../../../src/contract/result.ts'
import {
  type ClozeEncoding,
  type ClozeLosses,
  type ClozeTask,
  layoutCloze,
} from '../../../src/core/metrics/cloze-layout.ts'
import { chooseCandidate, clozeScorers, scoreCandidates } from '../../../src/core/metrics/cloze-scorers.ts'
import { buildClozeTexts, choiceTokens } from '../../../src/core/metrics/cloze-text.ts'
import { type ClozeOutcome, clozeMetric, summariseCloze } from '../../../src/core/metrics/cloze.ts'
import { resolveParams } from '../../../src/core/ranking/resolve-params.ts'

const context = { preset: null, modelHash: null, dataHash: null, planHash: null, seed: null, warnings: [] }

function encoding(ids: number[], choiceStart: number, choiceEnd: number): ClozeEncoding {
  return { ids, choiceStart, choiceEnd }
}

function taskOf(encodings: ClozeEncoding[], contextLength = 100): ClozeTask {
  const layout = layoutCloze(encodings, contextLength)
  if (!layout.ok) throw new Error(layout.reason)
  return layout.task
}

function reasonOf(encodings: ClozeEncoding[], contextLength = 100): string {
  const layout = layoutCloze(encodings, contextLength)
  return layout.ok ? 'not refused' : layout.reason
}

// Prefix loss 6 over 3 tokens; A: one piece of 1.0, rest 2.0; B: two pieces of 0.4, rest 2.4.
const vectorTask = taskOf([encoding([1, 2, 3, 4, 50, 9], 4, 5), encoding([1, 2, 3, 4, 60, 61, 9], 4, 6)])
const vectorLosses: ClozeLosses = {
  prefixLossSum: 6,
  prefixPredicted: 3,
  branches: [
    [1, 2],
    [0.4, 0.4, 2.4],
  ],
}

describe('buildClozeTexts', () => {
  const question = { context: ['One .', 'Two .'], query: 'He XXXXX home .', candidates: ['went', 'ran $&'] }

  it('joins the lines without a separator, as the SNIP code does, or with the one asked for', () => {
    const texts = buildClozeTexts(question, '')
    expect(texts[0]).toEqual({ text: 'One .Two .He went home .', choiceStart: 13, choiceEnd: 17 })
    expect(texts[1]!.text).toBe('One .Two .He ran $& home .')
    expect(buildClozeTexts(question, '\n')[0]!.text).toBe('One .\nTwo .\nHe went home .')
    for (const { text, choiceStart, choiceEnd } of buildClozeTexts(question, ' ')) {
      expect(['went', 'ran $&']).toContain(text.slice(choiceStart, choiceEnd))
    }
  })

  it('finds the tokens that hold any part of the candidate', () => {
    // Tokens of "<s>He went home": template, "He", " we", "nt", " home".
    const spans: [number, number][] = [
      [0, 0],
      [0, 2],
      [2, 5],
      [5, 7],
      [7, 12],
    ]
    expect(choiceTokens(spans, 3, 7)).toEqual({ choiceStart: 2, choiceEnd: 4 })
    expect(choiceTokens(spans, 0, 2)).toEqual({ choiceStart: 1, choiceEnd: 2 })
    expect(choiceTokens(spans, 20, 22)).toEqual({ choiceStart: 0, choiceEnd: 0 })
  })
})

describe('layoutCloze', () => {
  it('shares the common prefix and keeps what differs as branches', () => {
    expect(vectorTask).toEqual({
      prefix: Int32Array.of(1, 2, 3, 4),
      branches: [
        { ids: Int32Array.of(50, 9), choiceStart: 0, choiceEnd: 1 },
        { ids: Int32Array.of(60, 61, 9), choiceStart: 0, choiceEnd: 2 },
      ],
      cutTokens: 0,
    })
  })

  it('ends the prefix before the candidates even when they all begin alike', () => {
    const task = taskOf([encoding([1, 7, 8, 9], 1, 3), encoding([1, 7, 5, 9], 1, 3)])
    expect([...task.prefix]).toEqual([1])
    expect(task.branches[0]).toEqual({ ids: Int32Array.of(7, 8, 9), choiceStart: 0, choiceEnd: 2 })
  })

  it('ends the prefix earlier where a token runs across the edge of the blank', () => {
    const task = taskOf([encoding([1, 2, 30, 9], 2, 3), encoding([1, 40, 41, 9], 2, 3)])
    expect([...task.prefix]).toEqual([1])
    expect(task.branches[1]).toEqual({ ids: Int32Array.of(40, 41, 9), choiceStart: 1, choiceEnd: 2 })
  })

  it('cuts all texts equally from the left so that the longest fits', () => {
    const task = taskOf([encoding([1, 2, 3, 4, 50, 9], 4, 5), encoding([1, 2, 3, 4, 60, 61, 9], 4, 6)], 5)
    expect(task.cutTokens).toBe(2)
    expect([...task.prefix]).toEqual([3, 4])
    expect(task.branches).toEqual(vectorTask.branches)
  })

  it('refuses questions that cannot be scored, with the reason', () => {
    expect(reasonOf([encoding([1, 2], 1, 2), encoding([1, 2], 1, 2)])).toBe('all candidates give the same text')
    expect(reasonOf([encoding([1, 2], 1, 1), encoding([1, 3], 1, 2)])).toBe('candidate 1 has no tokens')
    expect(reasonOf([encoding([2, 1], 0, 1), encoding([3, 1], 0, 1)])).toBe('nothing precedes the blank')
    expect(reasonOf([encoding([1, 2, 3], 1, 2), encoding([1, 4, 3], 1, 2)], 2)).toBe(
      'the 2 tokens from the blank on leave no room in a context of 2 tokens',
    )
    expect(reasonOf([encoding([1, 2], 1, 2)])).toBe('there are no candidates to choose from')
  })

  it('accepts some equal candidates, also when one text begins with another', () => {
    const task = taskOf([encoding([1, 5], 1, 2), encoding([1, 5], 1, 2), encoding([1, 5, 6], 1, 3)])
    expect(task.branches.map(({ ids }) => [...ids])).toEqual([[5], [5], [5, 6]])
  })
})

describe('cloze scorers', () => {
  it.each([
    ['whole-mean-nll', [1.8, 1.53333], 1],
    ['suffix-sum-logprob', [-3, -3.2], 0],
    ['choice-only', [-1, -0.8], 1],
  ])('%s gives %j', (id, expected, winner) => {
    const scorer = clozeScorers.find((member) => member.id === id)!
    const scores = scoreCandidates(scorer, vectorTask, vectorLosses)
    expect(scores).toEqual(expected.map((score) => expect.closeTo(score, 5)))
    expect(chooseCandidate(scorer, scores)).toBe(winner)
  })

  it('gives ties to the earlier candidate', () => {
    for (const scorer of clozeScorers) expect(chooseCandidate(scorer, [2, 2, 2])).toBe(0)
  })
})

describe('cloze', () => {
  const question = { index: 1, context: ['a'], query: 'XXXXX b', candidates: ['A', 'B'], answer: 'B' }
  const outcome = (index: number, answer: string, task = vectorTask): ClozeOutcome => ({
    ok: true,
    question: { ...question, index, answer },
    task,
    losses: vectorLosses,
  })
  const defaults = resolveParams(clozeMetric, null, {}).params

  it('counts right answers, with a Wilson interval and a value per question', () => {
    const { results, examples } = summariseCloze([outcome(1, 'B'), outcome(2, 'A')], defaults, context)
    expect(results.accuracy).toMatchObject({
      ok: true,
      metric: 'cloze',
      estimator: 'accuracy',
      unit: 'question',
      value: 0.5,
      n: 2,
      byIndex: [1, 0],
      params: { scorer: 'whole-mean-nll', join: '', split: 'all', questionsCut: 0, tokensCut: 0, questionsRefused: 0 },
      warnings: [],
      ci: { method: 'wilson', low: expect.closeTo(0.094531, 6), high: expect.closeTo(0.905469, 6) },
    })
    expect(resultSchema.parse(results.accuracy)).toEqual(results.accuracy)
    expect(examples[0]).toEqual({
      index: 1,
      chosen: 'B',
      answer: 'B',
      correct: true,
      scores: [expect.closeTo(1.8, 12), expect.closeTo(1.53333, 5)],
      cutTokens: 0,
    })
  })

  it('changes its answer with the scorer', () => {
    const params = { ...defaults, scorer: 'suffix-sum-logprob' as const }
    expect(summariseCloze([outcome(1, 'B')], params, context).results.accuracy).toMatchObject({
      value: 0,
      byIndex: [0],
    })
  })

  it('warns of cut and of refused questions, which count in nothing', () => {
    const refused: ClozeOutcome = {
      ok: false,
      question: { ...question, index: 9 },
      reason: 'nothing precedes the blank',
    }
    const cut = outcome(1, 'B', { ...vectorTask, cutTokens: 12 })
    const { results } = summariseCloze([cut, refused, outcome(2, 'B')], defaults, context)
    expect(results.accuracy).toMatchObject({
      n: 2,
      value: 1,
      params: { questionsCut: 1, tokensCut: 12, questionsRefused: 1 },
      warnings: [
        "1 of 2 questions are longer than the model's context; 12 tokens were cut from their left",
        'Question 9 was left out: nothing precedes the blank',
      ],
    })
  })

  it('fails, and gives no number, when a score is not finite or no question is left', () => {
    const broken: ClozeOutcome = {
      ok: true,
      question,
      task: vectorTask,
      losses: {
        ...vectorLosses,
        branches: [
          [1, Number.NaN],
          [1, 1, 1],
        ],
      },
    }
    const failed = summariseCloze([outcome(1, 'B'), broken], defaults, context)
    expect(failed.results.accuracy).toMatchObject({ ok: false, failure: { kind: 'not-finite' } })
    expect(failed.examples).toEqual([])
    expect(summariseCloze([], defaults, context).results.accuracy).toMatchObject({ failure: { kind: 'bad-data' } })
  })
})
