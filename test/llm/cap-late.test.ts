import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { conceptRatingSchema, conceptSchema, type Concept } from '../../src/contract/files.ts'
import { explainWithLanguageModel } from '../../src/main/services/concepts/explain-llm.ts'
import { rateConcepts } from '../../src/main/services/concepts/rate.ts'
import { listForgetConcepts } from '../../src/main/services/forget-concepts/forget-concepts-llm.ts'
import { readJsonLines } from '../../src/main/services/files-of-lines.ts'
import { quietTask } from '../../src/main/services/task.ts'
import type { Budget } from '../../src/main/services/language-models/index.ts'
import type { ChatBody } from '../support/llm-server/answers.ts'
import { plantedWords } from '../support/llm-server/planted-words.ts'
import { modelsWithMadeUpEvidence, writeRecordingOf } from '../support/made-up-evidence.ts'
import { bench, folderOf, type Bench } from '../unit/language-models/support.ts'
import { snipIn } from '../cli/snip.ts'

const { path } = snipIn('cap-late')
const neurons = 16
const tokens = (maxTokens: number): Budget => ({ maxCost: null, maxTokens })
const left = (name: string) =>
  readdirSync(path()).filter((one) => one.startsWith(`${name}.`) && !/controls|requests|simul/.test(one))

async function explainer(name: string) {
  writeRecordingOf(path('recording'), [neurons])
  const it = await bench({ model: plantedWords([]) }, { concurrency: 2 })
  const warnings: string[] = []
  const explain = (budget: Budget | null, control = neurons) =>
    explainWithLanguageModel(
      modelsWithMadeUpEvidence(),
      it.models,
      {
        explainer: 'summary',
        scorer: 'simulation-written',
        calibration: 'none',
        samples: 1,
        seed: 1,
        extend: false,
        tokenizer: null,
        model: { path: '', tokenizer: null },
        neurons: 'all',
        recording: path('recording'),
        provider: it.id,
        out: path(name),
        control,
        budget,
      },
      { ...quietTask(), warn: (sentence) => warnings.push(sentence) },
    )
  return { ...it, warnings, explain }
}

const bytesOf = (name: string, { server }: Bench) =>
  ['', '.controls.jsonl', '.simulations.jsonl'].map((end) =>
    readFileSync(path(`${name}${end}`), 'utf8').replaceAll(new URL(server.baseUrl).host, 'the server'),
  )

test('a cap that is reached while controls are scored leaves all concepts and the controls so far, and is gone on with', async () => {
  const whole = await explainer('whole.jsonl')
  const { spending } = await whole.explain(null, 0)
  const spent = spending.promptTokens + spending.completionTokens
  const { control } = await whole.explain(null)
  expect(control).toMatchObject({ neurons })

  const cut = await explainer('cut.jsonl')
  const first = await cut.explain(tokens(spent + 4000))
  expect(first).toMatchObject({ explained: neurons, skipped: 0 })
  expect(readJsonLines(path('cut.jsonl'), conceptSchema, 'concepts').map(({ score }) => score !== null)).toEqual(
    Array.from({ length: neurons }, () => true),
  )
  const controlled = first.control!.neurons
  expect(controlled).toBeGreaterThan(0)
  expect(controlled).toBeLessThan(neurons)
  expect(cut.warnings).toEqual([
    expect.stringContaining(`The control ended after ${controlled} of ${neurons} neurons: The cap of`),
  ])
  const asked = cut.server.log.length
  expect(await cut.explain(tokens(spent + 4000))).toMatchObject({ explained: neurons, control: first.control })
  expect(cut.server.log).toHaveLength(asked)

  await cut.explain(null)
  expect(bytesOf('cut.jsonl', cut)).toEqual(bytesOf('whole.jsonl', whole))
  expect(left('cut.jsonl')).toEqual([])
  expect(cut.server.paidTwice()).toEqual([])
})

test('a key that is refused while controls are scored costs no concept', async () => {
  const refused = await explainer('refused.jsonl')
  const explained = (await refused.explain(null, 0)).spending.calls
  refused.server.behave(({ index }) => (index < explained + 4 ? null : { kind: 'status', status: 401 }))
  expect(await refused.explain(null)).toMatchObject({ explained: neurons, skipped: 0, control: { neurons: 4 } })
  expect(refused.warnings).toEqual([expect.stringMatching(/^The control ended after 4 of 16 neurons: .*key/)])
  refused.server.behave(() => null)
  expect(await refused.explain(null)).toMatchObject({ control: { neurons } })
})

test('a cap that is reached while concepts are rated leaves the ratings so far and a reason for the rest, and is gone on with', async () => {
  const leavesOut = ({ messages }: ChatBody) =>
    Array.from(messages[0]!.content.matchAll(/^(\d+)\. words (\d+)$/gm))
      .filter(([, , word]) => Number(word) !== 7 || messages[0]!.content.includes('1. words 7'))
      .map(([, place, word]) => `${place}: ${Number(word) % 10}`)
      .join('\n')
  const { models, id, server } = await bench({ model: { chat: leavesOut } }, { concurrency: 1 })
  const folder = folderOf('rate')
  const concepts = Array.from({ length: 200 }, (_, index): Concept => {
    const none = { score: null, scoreKind: null } as const
    return {
      neuron: `mlp:0:${index}`,
      text: `words ${index}`,
      author: 'x',
      explainer: 'x',
      ...none,
      status: 'suggested',
    }
  })
  const out = `${folder}/ratings.jsonl`
  const rate = (budget: Budget | null, to = out) =>
    rateConcepts(
      models,
      { concepts, texts: ['a b c'], provider: id, budget, seed: 1, samples: 1, batch: 50, out: to },
      quietTask(),
    )
  // Not enough for one question: nothing was bought.
  await expect(rate(tokens(100))).rejects.toMatchObject({ kind: 'budget' })
  expect(existsSync(out)).toBe(false)

  const { rated, unrated, skipped, spending } = await rate(tokens(3500))
  expect([rated + unrated, unrated, skipped]).toEqual([200, skipped, 200 - rated])
  expect(rated).toBeGreaterThanOrEqual(50)
  expect(rated).toBeLessThan(200)
  expect(spending.promptTokens + spending.completionTokens).toBeLessThanOrEqual(3500)
  const lines = readJsonLines(out, conceptRatingSchema, 'concept ratings')
  expect(lines.map(({ neuron }) => neuron)).toEqual(concepts.map(({ neuron }) => neuron))
  expect(lines.slice(0, 50).map(({ rating }) => rating)).toEqual(Array.from({ length: 50 }, (_, index) => index % 10))
  expect(lines[199]).toMatchObject({
    rating: null,
    reason: expect.stringContaining('Skipped: The cap of 3,500 tokens'),
  })

  expect(await rate(null)).toMatchObject({ rated: 200, skipped: 0 })
  expect(server.paidTwice()).toEqual([])
  const asked = server.log.length
  await rate(null, `${folder}/whole.jsonl`)
  expect(server.log).toHaveLength(asked)
  expect(readFileSync(out)).toEqual(readFileSync(`${folder}/whole.jsonl`))
  expect(readdirSync(folder).filter((name) => name.includes('partial'))).toEqual([])
})

test('a cap in money and an embedding model without a price are refused before the first draw; a single draw needs none', async () => {
  let asked = 0
  const answer: typeof fetch = async () => {
    asked++
    const choices = [{ message: { content: `1. verbs ${asked}\n2. nouns` }, finish_reason: 'stop' }]
    const usage = { prompt_tokens: 300, completion_tokens: 9 }
    return Response.json({ model: 'm', choices, usage })
  }
  const { models: languageModels, id: provider } = await bench(
    {},
    { baseUrl: 'https://llm.test/v1' },
    { fetch: answer },
  )
  languageModels.setPrice({ model: 'test-model', inputPerMillion: 1, outputPerMillion: 2 })
  writeFileSync(path('forget.txt'), 'One text.\n\nAnother text.\n')
  const services = { models: modelsWithMadeUpEvidence(), languageModels, cacheFolder: path('cache') }
  const list = (preset: string) =>
    listForgetConcepts(
      services,
      {
        forget: { path: path('forget.txt'), split: 'forget' },
        provider,
        preset,
        params: {},
        seed: 1,
        budget: { maxCost: 5, maxTokens: null },
        out: path(`${preset}.jsonl`),
        draws: { embedder: undefined, model: null, recording: null, folder: null },
      },
      quietTask(),
    )
  await expect(list('corrected')).rejects.toMatchObject({ kind: 'budget', message: expect.stringContaining('price') })
  expect(asked).toBe(0)
  expect((await list('paper')).concepts.map(({ text }) => text)).toEqual(['verbs 1', 'nouns'])
})
