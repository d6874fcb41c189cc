import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { conceptRatingSchema, conceptSchema } from '../../src/contract/files.ts'
import { conceptsInUse } from '../../src/main/services/rankings/ranking-inputs.ts'
import { readJsonLines } from '../../src/main/services/files-of-lines.ts'
import type { WorkbenchSession } from '../../src/main/services/session/session.ts'
import { everyNth } from '../support/llm-server/behaviours.ts'
import { startLlmServer, type LlmServer } from '../support/llm-server/llm-server.ts'
import { plantedWords, sentenceOf } from '../support/llm-server/planted-words.ts'
import { makePlantedGpt2, planted } from '../support/models/planted.ts'
import { makeSmallSentenceModel } from '../support/models/small-sentence-model.ts'
import { draftOf } from '../unit/language-models/support.ts'
import { scratchFolder } from './expectations.ts'
import { randomText } from './texts.ts'
import { finished, refusalOf, startWorkbench } from './workbench.ts'

const work = scratchFolder('workspace-llm')
const model = makePlantedGpt2(join(work, 'planted')).directory
const plantedMlp = planted.neurons.filter(({ neuron }) => neuron.startsWith('mlp'))
const [first] = plantedMlp

let session: WorkbenchSession
let client: Awaited<ReturnType<typeof startWorkbench>>['client']
let server: LlmServer
let provider: string
const dataset: Record<string, string> = {}

beforeAll(async () => {
  server = await startLlmServer({ model: plantedWords(['the', 'quiz', 'box', 'win', 'sing']) })
  ;({ session, client } = await startWorkbench(work))
  await client.model.use({ source: session.grants.grant(model).id, tokenizer: null })
  provider = (await client.providers.save({ id: null, ...draftOf(server.baseUrl) })).id
  for (const [name, roles, seed] of [
    ['probe', ['probe'], 1],
    ['forget', ['forget'], 2],
    ['retain', ['retain'], 3],
  ] as const) {
    const path = join(work, `${name}.txt`)
    writeFileSync(path, `the q x ${randomText(seed, 400)} q1q(x" `)
    const mapping = { textColumn: null, where: null, sample: null, seed: 1, split: 'all' as const }
    const file = session.grants.grant(path).id
    dataset[name] = (await client.datasets.import({ file, name, mapping, roles: [...roles] })).id
  }
  await finished(
    session,
    await client.recordings.start({ dataset: dataset['probe']!, tokens: null, window: 16, sites: ['mlp'], seed: 1 }),
  )
})
afterAll(() => server.close())

const ways = { explainer: 'openai-original', scorer: 'simulation-logprobs', calibration: 'linear', samples: 1, seed: 1 }
const ask = () => ({ provider, ...ways, control: 0, budget: null })

describe('explaining with a language model', () => {
  test('is estimated before: real requests are counted and nothing is sent', async () => {
    const sent = server.log.length
    const estimate = await client.explaining.estimate({
      ...ask(),
      neurons: { kind: 'peaked', sites: ['mlp'], count: 4 },
    })
    expect(estimate).toMatchObject({ neurons: 4, counted: 4, answered: 0, model: 'test-model', mostCost: 0 })
    // A server of one's own costs nothing. One request to explain, ten windows to calibrate on and ten to score on, less those whose text occurs twice.
    expect(estimate.calls).toBeGreaterThan(4)
    expect(estimate.calls).toBeLessThanOrEqual(4 * 21)
    expect(estimate.promptTokens).toBeGreaterThan(1000)
    expect(server.log.length).toBe(sent)
  })

  test('names planted neurons by what they fire on, with the score and who gave it', async () => {
    const neurons = plantedMlp.map(({ neuron }) => neuron)
    const job = await finished(
      session,
      await client.explaining.start({ ...ask(), control: 2, neurons: { kind: 'list', neurons } }),
    )
    expect(job.title).toBe(`Explain ${neurons.length} neurons with test-model (openai-original)`)
    expect(job.warnings.join(' ')).toMatch(/Control over \d neurons: their own sentences score/)
    const page = await client.neurons.page({ neuron: first!.neuron })
    expect(page.concept).toMatchObject({ text: sentenceOf(first!.trigger), status: 'suggested' })
    expect(page.concept.scoreKind).toMatch(
      /^pearson-simulation-logprobs, calibration linear, 127\.0\.0\.1.*test-model$/,
    )
    expect(page.concept.score).toBeGreaterThan(0.9)
    expect(server.paidTwice()).toEqual([])
  })

  test('keeps what was simulated: beside the true activations it has the score', async () => {
    const { neuron } = first!
    const { simulations, note } = await client.review.simulations({ neuron })
    expect(note).toBeNull()
    const [kept] = simulations
    const { concept } = await client.neurons.page({ neuron })
    expect(kept).toMatchObject({ text: concept.text, author: concept.author, isConcept: true, unit: 'activation' })
    expect(kept!.correlation).toBeCloseTo(concept.score!, 2)
    expect(kept!.windows.filter(({ isTop }) => isTop).length).toBeGreaterThan(0)
    expect(kept!.windows.filter(({ isTop }) => !isTop).length).toBeGreaterThan(0)
    for (const { pieces, activations, simulated } of kept!.windows) {
      expect([activations.length, simulated.length]).toEqual([pieces.length, pieces.length])
    }
    await client.neurons.editConcept({ neuron, text: 'mine' })
    const edited = await client.review.simulations({ neuron })
    expect(edited.note).toMatch(/ wrote this sentence: no language model simulated it\.$/)
    expect(edited.simulations).toEqual([{ ...kept, isConcept: false }])
    await client.workspace.undo()
  })

  test('goes on with the next neurons that are not named yet, each once', async () => {
    const known = new Set<string>(plantedMlp.map(({ neuron }) => neuron))
    for (let round = 0; round < 2; round++) {
      const job = await finished(
        session,
        await client.explaining.start({
          ...ask(),
          scorer: null,
          neurons: { kind: 'peaked', sites: ['mlp'], count: 5 },
        }),
      )
      const path = session.workspace().file('concepts', `${job.result}.jsonl`)
      const concepts = readJsonLines(path, conceptSchema, 'concepts')
      expect(concepts).toHaveLength(5)
      for (const { neuron, status } of concepts) {
        expect(known.has(neuron)).toBe(false)
        if (status !== 'failed') known.add(neuron)
      }
    }
  })

  test('accounts for every neuron of a server that misbehaves, and stores no failure as a concept', async () => {
    const misbehaviours = [
      { kind: 'refused' },
      { kind: 'empty' },
      { kind: 'text', text: "I'm sorry, but I can't help with that." },
      { kind: 'status', status: 500 },
      { kind: 'status', status: 403 },
      { kind: 'text', text: '神经元寻找的是数字和标点符号以及其他内容。' },
      { kind: 'huge', bytes: 1_000_000 },
      { kind: 'bad-json' },
      { kind: 'cut' },
    ] as const
    server.behave(everyNth(2, misbehaviours))
    const neurons = Array.from({ length: planted.inner }, (_, index) => `mlp:1:${index}` as const)
    const request = { ...ask(), explainer: 'summary', scorer: null, neurons: { kind: 'list' as const, neurons } }
    const job = await finished(session, await client.explaining.start(request))
    server.behave(() => null)
    const text = readFileSync(session.workspace().file('concepts', `${job.result}.jsonl`), 'utf8')
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => conceptSchema.parse(JSON.parse(line)))
    expect(lines.map(({ neuron }) => neuron)).toEqual(neurons)
    const failed = lines.filter(({ status }) => status === 'failed')
    expect(failed.length).toBeGreaterThan(3)
    expect(failed.length).toBeLessThan(lines.length)
    for (const line of failed) expect(line).toMatchObject({ text: '', reason: expect.stringMatching(/\w/) as string })
    for (const { text: sentence } of lines.filter(({ status }) => status !== 'failed')) {
      expect(sentence).toMatch(/^the word "/)
    }
    expect(job.warnings.join(' ')).toContain(`${failed.length} of ${lines.length} neurons got no sentence`)
  })

  test('leaves out neurons whose answer was no concept until they are asked anew, which the estimate counts', async () => {
    const neurons = { kind: 'peaked' as const, sites: ['mlp' as const], count: 10_000 }
    const request = { ...ask(), explainer: 'summary', scorer: null, neurons }
    const others = await client.explaining.estimate(request)
    expect(others.leftOut).toBeGreaterThan(3)
    const all = await client.explaining.estimate({ ...request, askAnew: true })
    expect(all).toMatchObject({ neurons: others.neurons + others.leftOut, answered: others.answered, leftOut: 0 })
    // Neurons that fire on the same windows share a question.
    expect(all.calls).toBeGreaterThan(others.calls)
    expect(all.calls).toBeLessThanOrEqual(others.calls + others.leftOut)
    // Of another explainer nothing is known.
    const original = await client.explaining.estimate({ ...request, explainer: 'openai-original' })
    expect(original).toMatchObject({ neurons: all.neurons, leftOut: 0 })
    const sent = server.log.length
    const anew = { ...request, neurons: { ...neurons, count: all.neurons }, askAnew: true }
    const job = await finished(session, await client.explaining.start(anew))
    const path = session.workspace().file('concepts', `${job.result}.jsonl`)
    const concepts = readJsonLines(path, conceptSchema, 'concepts')
    expect(concepts.filter(({ failedAnswers }) => failedAnswers !== undefined)).toEqual([])
    expect(server.log.length).toBe(sent + all.calls)
    expect(server.paidTwice()).toEqual([])
  })

  test('ends with the words of the server when it refuses all, and leaves nothing behind', async () => {
    server.behave(() => ({ kind: 'status', status: 401 }))
    const { job } = await client.explaining.start({
      ...ask(),
      seed: 99,
      neurons: { kind: 'list', neurons: ['mlp:0:1', 'mlp:0:2'] },
    })
    const ended = await session.jobs.settled(job)
    server.behave(() => null)
    expect(ended).toMatchObject({ state: 'failed', failure: { kind: 'llm-key' } })
    expect((await session.jobs.settled(await session.jobs.resume(job))).state).toBe('done')
  })

  test('stops at the cap in tokens, skips the rest, and goes on under a greater one without paying twice', async () => {
    const neurons = Array.from({ length: 12 }, (_, index) => `mlp:0:${index}` as const)
    const request = { ...ask(), seed: 5, scorer: null, neurons: { kind: 'list' as const, neurons } }
    const { promptTokens } = await client.explaining.estimate(request)
    const budget = { maxCost: null, maxTokens: Math.round(promptTokens / 2) }
    const cut = await finished(session, await client.explaining.start({ ...request, budget }))
    expect(cut.warnings.join(' ')).toMatch(/neurons were left out: explain on/)
    await finished(session, await client.explaining.start(request))
    expect(server.paidTwice()).toEqual([])
  })

  test('refuses by name what a server was seen not to do, and what is not there', async () => {
    const list = { kind: 'list' as const, neurons: ['mlp:0:1'] }
    const echo = await refusalOf(() => client.explaining.start({ ...ask(), scorer: 'simulation-echo', neurons: list }))
    expect(echo).toMatchObject({ kind: 'llm-model' })
    expect(echo.message).toContain('was not seen to score the tokens of a prompt')
    const none = await refusalOf(() => client.explaining.start({ ...ask(), explainer: 'oracle', neurons: list }))
    expect(none.message).toBe("There is no explainer 'oracle'")
  })
})

describe('concepts of a data set', () => {
  test('are listed by a language model for what shall be forgotten and for what must stay, each in its own list', async () => {
    const asked = { provider, preset: 'corrected', params: {}, seed: 1, budget: null }
    expect(
      (await client.forgetConcepts.estimateExtraction({ ...asked, side: 'forget', data: dataset['forget']! })).calls,
    ).toBe(3)
    await finished(
      session,
      await client.forgetConcepts.extractWithLanguageModel({ ...asked, side: 'forget', data: dataset['forget']! }),
    )
    const listed = await client.forgetConcepts.list()
    expect(listed.map(({ text }) => text)).toContain(sentenceOf('the'))
    expect(listed.find(({ text }) => text === sentenceOf('the'))).toMatchObject({
      weight: 1,
      source: 'snip-llm',
      enabled: true,
      author: `${new URL(server.baseUrl).host}/test-model`,
      preset: 'corrected',
      draws: 3,
      drawsOf: 3,
    })
    expect(await client.protectedConcepts.list()).toEqual([])
    await finished(
      session,
      await client.forgetConcepts.extractWithLanguageModel({
        ...asked,
        side: 'protected',
        data: dataset['retain']!,
        preset: 'paper',
      }),
    )
    const kept = await client.protectedConcepts.list()
    expect(kept.length).toBeGreaterThan(0)
    const changed = await client.protectedConcepts.change({ id: kept[0]!.id, weight: 0.5 })
    expect(changed.weight).toBe(0.5)
    await client.protectedConcepts.remove({ ids: [kept[0]!.id] })
    await client.workspace.undo()
    expect(await client.protectedConcepts.list()).toHaveLength(kept.length)
  })

  test('of several draws are compared by a sentence model in a folder, which is opened before anything is sent', async () => {
    // To so blunt a model all sentences are the same.
    const folder = makeSmallSentenceModel(join(work, 'sentences'), { words: [], stateOf: () => [1, 2] })
    const rows = Array.from({ length: 9 }, (_, at) => JSON.stringify({ text: `row ${at}` }))
    writeFileSync(join(work, 'rows.jsonl'), rows.join('\n'))
    const file = session.grants.grant(join(work, 'rows.jsonl')).id
    const mapping = { textColumn: 'text', where: null, sample: null, seed: 1, split: 'all' as const }
    const { id: data } = await client.datasets.import({ file, name: 'rows', mapping, roles: [] })
    const wordings = ['boats and ships', 'ships and boats', 'rivers of sand']
    server.behave(({ index }) => ({ kind: 'text', text: `1. ${wordings[index % 3]}` }))
    const asked = { provider, preset: 'corrected', params: { samples: 2 }, budget: null, side: 'protected' } as const
    const before = server.log.length
    const listed = async (how: object, seed: number) => {
      const known = new Set((await client.protectedConcepts.list()).map(({ id }) => id))
      await finished(session, await client.forgetConcepts.extractWithLanguageModel({ ...asked, data, seed, ...how }))
      const fresh = (await client.protectedConcepts.list()).filter(({ id }) => !known.has(id))
      await client.protectedConcepts.remove({ ids: fresh.map(({ id }) => id) })
      return fresh.map(({ weight }) => weight)
    }
    const compared = (path: string) => ({
      embedder: 'sentence-onnx' as const,
      embedderFolder: session.grants.grant(path).id,
    })
    const refused = await refusalOf(() => listed(compared(work), 1))
    expect(refused.message).toContain('it holds no onnx/model.onnx or model.onnx')
    expect(server.log.length).toBe(before)
    expect(await listed(compared(folder), 1)).toEqual([1])
    // What the model itself makes of these words says little; every draw is accounted for.
    const bySubject = await listed({ embedder: 'subject-sif' }, 1)
    expect(bySubject.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 6)
    const apart = await listed({ embedder: null }, 2)
    expect(apart).toHaveLength(3)
    for (const weight of apart) expect(weight).toBeCloseTo(1 / 3, 6)
    expect(new Set(server.log.slice(before).map(({ path }) => path))).toEqual(new Set(['/v1/chat/completions']))
    server.behave(() => null)
  })

  test('rank with the embeddings of the server, and protected ones lower the scores', async () => {
    const common = {
      method: 'snip',
      params: {},
      seed: 1,
      forget: null,
      retain: null,
      embedder: 'openai-compatible' as const,
      provider,
    }
    const budget = { maxCost: null, maxTokens: 100_000 }
    const capped = await client.rankings.make({ ...common, preset: 'corrected', budget: { ...budget, maxTokens: 1 } })
    expect((await session.jobs.settled(capped.job)).failure?.message).toMatch(/^The cap of 1 tokens is reached: 0 are/)
    const orders: number[][] = []
    for (const preset of ['corrected', 'protected']) {
      const { result } = await finished(session, await client.rankings.make({ ...common, preset, budget }))
      const { scores } = await client.rankings.order({ id: result! })
      orders.push(Array.from(new Float32Array(await scores.arrayBuffer())))
    }
    const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
    expect(orders[0]!.length).toBeGreaterThan(10)
    expect(sum(orders[1]!)).toBeLessThan(sum(orders[0]!))
    // What making them again takes.
    expect((await client.rankings.list()).map(({ sends }) => sends)).toEqual([
      { provider, budget },
      { provider, budget },
    ])
    const staleness = async () => (await client.rankings.list()).map(({ stale }) => stale)
    expect(await staleness()).toEqual([null, null])
    await client.protectedConcepts.add({ text: 'the names of animals', weight: 1 })
    expect(new Set(await staleness())).toEqual(new Set([null, 'The protected concepts changed after the ranking']))
    await client.workspace.undo()
  })

  test('are searched by meaning with the same embeddings: each sentence is sent once, and none while offline', async () => {
    const counted = () => client.embedders.estimate({ provider, texts: 'concepts' })
    // The ranking had them embedded.
    expect(await counted()).toMatchObject({ model: 'test-embedding', calls: 0, answered: (await counted()).texts })
    await client.neurons.editConcept({ neuron: 'mlp:0:0', text: 'colours of the sea' })
    expect(await counted()).toMatchObject({ calls: 1, mostCompletionTokens: 0 })
    const sent = () => server.log.length
    const before = sent()
    const wanted = { text: 'colours of the sea', count: 1, embedder: 'openai-compatible', provider } as const
    const { neurons } = await client.review.findByMeaning(wanted)
    expect(neurons).toMatchObject([{ neuron: 'mlp:0:0', concept: wanted.text }])
    expect(neurons[0]!.value).toBeCloseTo(1, 5)
    // What is looked for is the same text.
    expect(sent()).toBe(before + 1)
    await client.app.changeSettings({ offline: true })
    expect((await client.review.findByMeaning(wanted)).neurons).toEqual(neurons)
    const refused = await refusalOf(() => client.review.findByMeaning({ ...wanted, text: 'another text' }))
    expect(refused.kind).toBe('offline')
    await client.app.changeSettings({ offline: false })
    expect(sent()).toBe(before + 1)
    await client.workspace.undo()
  })

  test('are what concepts are rated for, and the ratings rank', async () => {
    const request = { provider, dataset: dataset['forget']!, samples: 3, batch: 7, seed: 1 }
    const estimate = await client.explaining.estimateRating(request)
    const job = await finished(session, await client.explaining.rate({ ...request, budget: null }))
    const ratings = readJsonLines(
      session.workspace().file('ratings', `${job.result}.jsonl`),
      conceptRatingSchema,
      'ratings',
    )
    expect(estimate.calls).toBe(Math.ceil(ratings.length / 7))
    expect(ratings.every(({ rating, reason }) => rating !== null || reason !== undefined)).toBe(true)
    const texts = conceptsInUse(session.workspace()).map(({ neuron, text }) => [neuron, text])
    expect(ratings.map(({ neuron, text }) => [neuron, text])).toEqual(texts)
    const ranked = await finished(
      session,
      await client.rankings.make({
        method: 'llm-rated',
        preset: null,
        params: {},
        seed: 1,
        forget: null,
        retain: null,
      }),
    )
    const { rows } = await client.rankings.order({ id: ranked.result! })
    expect(rows.size / 4).toBe(ratings.filter(({ rating }) => rating !== null).length)
  })
})
