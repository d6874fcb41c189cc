import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Plan } from '../../src/contract/files.ts'
import { clozeScorers, scoreCandidates } from '../../src/core/metrics/cloze-scorers.ts'
import { buildClozeTexts } from '../../src/core/metrics/cloze-text.ts'
import { openModel, type OpenModel } from '../../src/main/engine-host/model/open-model.ts'
import { clozeLosses, layoutQuestions } from '../../src/main/engine-host/operations/cloze.ts'
import { createRandom } from '../../src/core/stats/random.ts'
import { largestDifference, planOf, scratchFolder } from './expectations.ts'
import { openHandle, writeCase } from './families.ts'
import { doneOf, startHost, type TestHost } from './host.ts'
import { randomText } from './texts.ts'

const work = scratchFolder('cloze')
let host: TestHost

beforeAll(async () => {
  host = await startHost()
})
afterAll(() => host.stop())

const candidates = ['win', 'sing', 'the box', 'andante', 'x', '12', 'Ärger', 'here', 'thin', 'q']

/** A question whose passage has about so many words. */
function question(seed: number, words: number) {
  const random = createRandom(seed)
  const order = random.sample(candidates.length, candidates.length)
  const context = words === 0 ? [] : [`${randomText(seed, words)} .`]
  return { context, query: `and ${seed} XXXXX in .`, candidates: order.map((i) => candidates[i]!) }
}

const noRoom = 'leave no room in a context of 16 tokens'

const plans: readonly [string, Plan | null][] = [
  ['the whole model', null],
  ['a pruned model', planOf(['mlp:0:3', 'mlp:1:9', 'attention:0:4', 'attention:1:1'])],
]

describe.each(['gpt2-no-prefix-mask-buffers', 'llama-grouped-tied', 'llama-full-context'])(
  'cloze losses (%s)',
  (name) => {
    const { checkpoint } = writeCase(work, name)
    // From nothing before the query to passages that are far longer than the context of 32 or 16 tokens.
    const questions = [0, 1, 2, 4, 8, 30, 200].map((words, i) => buildClozeTexts(question(i, words), ''))
    let handle: string

    beforeAll(async () => {
      handle = (await openHandle(host, checkpoint.directory)).handle
    })

    test.each(plans)('of %s are those of each filled text on its own, for every scorer', async (_, plan) => {
      const { set, tasks } = await host.client.clozeSet({ handle, questions })
      expect(tasks).toHaveLength(questions.length)
      const { questions: answers } = await doneOf(host.client.clozeLosses({ handle, set, plan }))
      let answered = 0
      let cut = 0
      for (const [q, made] of tasks.entries()) {
        expect(made.ok ? noRoom : made.reason).toContain(noRoom)
        if (!made.ok) continue
        const { task } = made
        const losses = answers[answered++]!
        cut += task.cutTokens
        expect(losses.prefixPredicted).toBe(task.prefix.length - 1)
        const alone = { prefixLossSum: 0, prefixPredicted: task.prefix.length - 1, branches: [] as number[][] }
        let longest = 0
        for (const [candidate, branch] of task.branches.entries()) {
          const { text } = questions[q]![candidate]!
          const encoded = await host.client.encode({ handle, text, specialTokens: false })
          const ids = encoded.ids.slice(task.cutTokens)
          expect([...task.prefix, ...branch.ids]).toEqual(ids)
          longest = Math.max(longest, ids.length)
          const { logprobs } = await host.client.logprobs({ handle, ids, plan })
          const negative = logprobs.map((logprob) => -logprob)
          alone.prefixLossSum = negative.slice(0, task.prefix.length - 1).reduce((sum, loss) => sum + loss, 0)
          alone.branches.push(negative.slice(task.prefix.length - 1))
          expect(largestDifference(losses.branches[candidate]!, alone.branches.at(-1)!)).toBeLessThan(1e-5)
          expect(Math.abs(losses.prefixLossSum - alone.prefixLossSum)).toBeLessThan(1e-5 * task.prefix.length)
          expect(ids.slice(task.prefix.length).slice(branch.choiceStart, branch.choiceEnd).length).toBeGreaterThan(0)
        }
        expect(longest).toBeLessThanOrEqual(checkpoint.context)
        expect(task.cutTokens > 0 ? longest : checkpoint.context).toBe(checkpoint.context)
        const layout = { ...task, prefix: Int32Array.from(task.prefix) }
        const withIds = {
          ...layout,
          branches: task.branches.map((branch) => ({ ...branch, ids: Int32Array.from(branch.ids) })),
        }
        for (const scorer of clozeScorers) {
          const shared = scoreCandidates(scorer, withIds, losses)
          expect(largestDifference(shared, scoreCandidates(scorer, withIds, alone)), scorer.id).toBeLessThan(1e-4)
        }
      }
      expect(answers).toHaveLength(answered)
      expect(answered).toBeGreaterThan(1)
      expect(cut).toBeGreaterThan(50)
    })

    test('do not depend on the other questions', async () => {
      const all = await host.client.clozeSet({ handle, questions })
      const together = await doneOf(host.client.clozeLosses({ handle, set: all.set, plan: null }))
      const accepted = questions.filter((_, q) => all.tasks[q]!.ok)
      for (const [q, texts] of accepted.entries()) {
        const { set } = await host.client.clozeSet({ handle, questions: [texts] })
        const { questions: answers } = await doneOf(host.client.clozeLosses({ handle, set, plan: null }))
        expect(answers).toEqual([together.questions[q]])
      }
    })

    test('refuse a question without a choice, and say why', async () => {
      const same = [0, 1].map(() => ({ text: 'and the win', choiceStart: 8, choiceEnd: 11 }))
      const empty = buildClozeTexts({ context: [], query: 'and XXXXX', candidates: ['win', ''] }, '')
      const { tasks } = await host.client.clozeSet({ handle, questions: [same, empty] })
      expect(tasks.map((task) => (task.ok ? null : task.reason))).toEqual([
        'all candidates give the same text',
        expect.stringContaining('candidate 2 has no tokens'),
      ])
    })
  },
)

test('a question whose candidates take more tokens together than one pass can hold is refused', async () => {
  const tokenizer = {
    encodeWithSpans: (text: string) => ({
      ids: Array.from(text, (letter) => letter.charCodeAt(0)),
      spans: Array.from(text, (_, at) => [at, at + 1]),
    }),
  }
  const graphs = { supports: () => true }
  const model = { tokenizer, graphs, shape: { objective: 'causal', contextLength: 1_000_000 } } as unknown as OpenModel
  const texts = (length: number) =>
    buildClozeTexts({ context: ['c'.repeat(length)], query: 'XXXXX', candidates: ['a', 'b'] }, '')
  // Two branches of one token, each with the prefix's last token before it.
  const layouts = await layoutQuestions(model, [texts(9996), texts(9997)], undefined)
  expect(layouts.map((layout) => (layout.ok ? layout.task.prefix.length : layout.reason))).toEqual([
    9996,
    'its candidates take 10001 tokens together, 10000 is the most',
  ])
})

describe('a model that cannot be told what a token sees', () => {
  const { checkpoint } = writeCase(work, 'llama-grouped-tied')
  const questions = [2, 8, 30].map((words, i) => buildClozeTexts(question(i, words), ''))

  test.each(plans)('runs each candidate of %s alone, with the same losses', async (_, plan) => {
    const model = await openModel({ path: checkpoint.directory, tokenizer: null, threads: 1, provider: 'cpu' })
    const supports: OpenModel['graphs']['supports'] = ({ attention }) => attention !== 'given'
    const limited: OpenModel = { ...model, graphs: { ...model.graphs, supports } }
    const layouts = await layoutQuestions(model, questions, undefined)
    const tasks = layouts.flatMap((layout) => (layout.ok ? [layout.task] : []))
    expect(tasks.length).toBeGreaterThan(1)
    const together = await resultOf(clozeLosses(model, tasks, plan, undefined))
    const alone = await resultOf(clozeLosses(limited, tasks, plan, undefined))
    for (const [t, losses] of alone.entries()) {
      const expected = together[t]!
      expect(losses.prefixPredicted).toBe(expected.prefixPredicted)
      expect(Math.abs(losses.prefixLossSum - expected.prefixLossSum)).toBeLessThan(1e-5 * tasks[t]!.prefix.length)
      expect(losses.branches).toHaveLength(candidates.length)
      for (const [b, branch] of losses.branches.entries()) {
        expect(largestDifference(branch, expected.branches[b]!)).toBeLessThan(1e-5)
      }
    }
    await model.sessions.release()
  })
})

async function resultOf<T>(running: AsyncGenerator<unknown, T>): Promise<T> {
  for (;;) {
    const step = await running.next()
    if (step.done) return step.value
  }
}
