import { writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { NeuronId } from '../../src/contract/neuron.ts'
import { planFromRanking } from '../../src/core/pruning/plan.ts'
import { parseRanking } from '../../src/core/ranking/ranking-file.ts'
import { readTextFile } from '../../src/main/services/files-of-lines.ts'
import { planHashOf } from '../../src/main/services/plans/plans.ts'
import { describePlan, resolvePlan } from '../../src/main/services/plans/resolve-plan.ts'
import { failureOfCall, giveConcepts, openCutting, type Cutting } from './cutting.ts'

let cutting: Cutting
beforeAll(async () => {
  cutting = await openCutting()
})
afterAll(() => cutting.dispose())

const random = { method: 'random', preset: null, params: {}, seed: 7, forget: null, retain: null }

async function orderOf(id: string): Promise<{ rows: Uint32Array; scores: Float32Array; pinnedAlways: number }> {
  const { rows, scores, pinnedAlways } = await cutting.client.rankings.order({ id })
  return {
    rows: new Uint32Array(await rows.arrayBuffer()),
    scores: new Float32Array(await scores.arrayBuffer()),
    pinnedAlways,
  }
}

describe('rankings before there is anything to rank by', () => {
  test('say what each method lacks and what to do', async () => {
    const methods = await cutting.client.rankings.methods()
    const missing = Object.fromEntries(
      methods.map(({ id, needs }) => [id, needs.map(({ missing: sentence }) => sentence)]),
    )
    expect(missing['random']).toEqual([])
    expect(missing['snip']).toEqual([
      'No neuron has a concept yet: record the probing data and explain its neurons.',
      'No forget concept is enabled: extract them from the forget data, or write one.',
      'No recording is in use: record the probing data.',
    ])
    const snip = methods.find(({ id }) => id === 'snip')
    expect(snip?.presets.map(({ id }) => id)).toEqual(['paper', 'as-released', 'corrected', 'protected'])
    expect(Object.keys(snip?.params['properties'] as object)).toEqual([
      'minimumScore',
      'startAtZero',
      'useWeights',
      'protectedWeight',
      'sites',
    ])
  })

  test('are refused with a kind and what to do', async () => {
    const failure = await failureOfCall(cutting.client.rankings.make({ ...random, method: 'snip' }))
    expect(failure.kind).toBe('bad-argument')
    expect(failure.message).toBe('No neuron has a concept yet')
    expect(failure.remedy).toBe('Record the probing data and explain its neurons.')
    expect((await failureOfCall(cutting.client.rankings.make({ ...random, method: 'none' }))).kind).toBe('bad-argument')
    expect((await failureOfCall(cutting.client.rankings.order({ id: 'none' }))).kind).toBe('not-found')
  })
})

describe('a ranking and its cut', () => {
  let id: string
  beforeAll(async () => {
    id = await cutting.finish(await cutting.client.rankings.make(random))
  })

  test('gives the order of the file as rows of the neuron table', async () => {
    const [info] = await cutting.client.rankings.list()
    expect(info).toMatchObject({ id, method: 'random', seed: 7, neuronCount: 3072, ranked: 3072, stale: null })
    const { neurons } = parseRanking(readTextFile(cutting.session.workspace().file('rankings', `${id}.jsonl`)), 'r')
    const { rows, scores } = await orderOf(id)
    expect(rows.length).toBe(3072)
    expect(Array.from(rows.subarray(0, 50), (row) => `mlp:${Math.floor(row / 768)}:${row % 768}`)).toEqual(
      neurons.slice(0, 50).map(({ neuron }) => neuron),
    )
    expect(scores[0]).toBe(Math.fround(neurons[0]?.score ?? 0))
  })

  test('becomes the same plan as on the command line', async () => {
    const ranking = parseRanking(readTextFile(cutting.session.workspace().file('rankings', `${id}.jsonl`)), 'r')
    const { plan } = planFromRanking(ranking, 192)
    const described = await describePlan(cutting.session, { kind: 'cut', ranking: id, k: 192 })
    expect(described.plan?.neurons).toEqual(plan.neurons)
    expect(described.planHash).toBe(planHashOf(plan))
    expect(described.title).toBe('Random order, k = 192 (6.25 %)')
    expect(described.percent).toBe(6.25)
    expect(await resolvePlan(cutting.session, { kind: 'cut', ranking: id, k: 0 })).toBeNull()
    expect(await resolvePlan(cutting.session, { kind: 'none' })).toBeNull()
  })

  test('puts pinned neurons first or leaves them out, as the command line does', async () => {
    const { store, file } = cutting.session.workspace()
    const ranking = parseRanking(readTextFile(file('rankings', `${id}.jsonl`)), 'r')
    const at = (rank: number) => ranking.neurons[rank]?.neuron as NeuronId
    const pins = { always: [at(2000), at(30), 'attention:1:5'], never: [at(0), at(3)] }
    await store.edit('Pinned', [
      ...pins.always.map((key) => ({ kind: 'pin', key, after: { pin: 'always' } }) as const),
      ...pins.never.map((key) => ({ kind: 'pin', key, after: { pin: 'never' } }) as const),
    ])
    const { rows, scores, pinnedAlways } = await orderOf(id)
    expect(pinnedAlways).toBe(3)
    expect(rows.length).toBe(3071)
    expect(Array.from(scores.subarray(0, 4), (score) => Number.isNaN(score))).toEqual([false, false, true, false])
    const named = (await resolvePlan(cutting.session, { kind: 'cut', ranking: id, k: 100 }))?.neurons
    expect(named).toEqual(planFromRanking(ranking, 100, { pins }).plan.neurons)
    await store.undo()
    expect((await orderOf(id)).pinnedAlways).toBe(0)
  })

  test('is saved as a plan with a name that only it has, and comes back after undo', async () => {
    const { client, session } = cutting
    const choice = { kind: 'cut', ranking: id, k: 12 } as const
    const saved = await client.plans.save({ plan: choice, name: 'My plan' })
    expect(saved).toMatchObject({ name: 'My plan', neurons: 12, madeFrom: 'Random order, k = 12 (0.391 %)' })
    expect((await failureOfCall(client.plans.save({ plan: choice, name: 'My plan' }))).kind).toBe('exists')
    expect((await failureOfCall(client.plans.save({ plan: { kind: 'none' }, name: 'Other' }))).kind).toBe(
      'bad-argument',
    )
    const { neurons } = await client.plans.neurons({ id: saved.id })
    expect(neurons).toEqual((await resolvePlan(session, choice))?.neurons)
    const described = await client.compare.describe({ plan: { kind: 'saved', plan: saved.id } })
    expect(described).toEqual({
      title: 'My plan, k = 12 (0.391 %)',
      k: 12,
      percent: 0.390625,
      planHash: saved.planHash,
    })
    await client.plans.remove({ id: saved.id })
    expect(await client.plans.list()).toEqual([])
    await session.workspace().store.undo()
    expect((await client.plans.list()).map(({ name }) => name)).toEqual(['My plan'])
    expect((await client.plans.neurons({ id: saved.id })).neurons.length).toBe(12)
  })

  test('is refused when its file is damaged, and works again when the file is', async () => {
    const other = await cutting.finish(await cutting.client.rankings.make({ ...random, seed: 8 }))
    const path = cutting.session.workspace().file('rankings', `${other}.jsonl`)
    const text = readTextFile(path)
    writeFileSync(path, text.replace('"rank":3}', '"rank":4}'))
    const failure = await failureOfCall(cutting.client.rankings.order({ id: other }))
    expect(failure.kind).toBe('bad-file')
    expect(failure.message).toContain('line 4')
    writeFileSync(path, text)
    expect((await orderOf(other)).rows.length).toBe(3072)
    await cutting.client.rankings.remove({ id: other })
  })
})

describe('forget concepts and SNIP', () => {
  test('are added, changed, merged and removed, each as one step of undo', async () => {
    const { client, session } = cutting
    const a = await client.forgetConcepts.add({ text: 'numbers', weight: 1 })
    const b = await client.forgetConcepts.add({ text: 'digits', weight: 0.5 })
    expect((await failureOfCall(client.forgetConcepts.add({ text: 'digits', weight: 1 }))).kind).toBe('exists')
    const merged = await client.forgetConcepts.merge({ ids: [a.id, b.id], text: 'numbers and digits' })
    expect(merged).toEqual({ id: a.id, text: 'numbers and digits', weight: 1.5, enabled: true, source: 'person' })
    expect((await client.forgetConcepts.list()).length).toBe(1)
    expect(await session.workspace().store.undo()).toBe('Merged 2 forget concepts into "numbers and digits"')
    expect((await client.forgetConcepts.list()).map(({ text }) => text)).toEqual(['numbers', 'digits'])
    await client.forgetConcepts.remove({ ids: [b.id] })
    const changed = await client.forgetConcepts.change({ id: a.id, weight: 2 })
    expect(changed).toMatchObject({ text: 'numbers', weight: 2, enabled: true })
    expect((await failureOfCall(client.forgetConcepts.change({ id: b.id, weight: 2 }))).kind).toBe('not-found')
  })

  test('rank by a person’s edits, leave rejected ones out, and go stale by content', async () => {
    const { client, session } = cutting
    await giveConcepts(cutting)
    const { store } = session.workspace()
    await store.edit('Edited', [
      { kind: 'concept-edit', key: 'mlp:1:7', after: { text: 'numbers', author: 'person' } },
      { kind: 'review', key: 'mlp:1:0', after: { status: 'rejected' } },
    ])
    const id = await cutting.finish(
      await client.rankings.make({ ...random, method: 'snip', preset: 'paper', params: {} }),
    )
    const staleOf = async () => (await client.rankings.list()).find((ranking) => ranking.id === id)?.stale
    const info = (await client.rankings.list()).find((ranking) => ranking.id === id)
    expect(info).toMatchObject({ method: 'snip', preset: 'paper', ranked: 199, neuronCount: 3072, stale: null })
    const { rows, scores } = await orderOf(id)
    const best = Array.from(rows).filter((_, at) => (scores[at] as number) > 0.999)
    expect(best).toEqual([5, 7, ...Array.from({ length: 38 }, (_, at) => 10 + at * 5)].map((index) => 768 + index))

    const [concept] = await client.forgetConcepts.list()
    await client.forgetConcepts.change({ id: concept?.id ?? '', enabled: false })
    expect(await staleOf()).toBe('The forget concepts changed after the ranking')
    await client.forgetConcepts.change({ id: concept?.id ?? '', enabled: true })
    expect(await staleOf()).toBeNull()
    await store.edit('Rejected', [{ kind: 'review', key: 'mlp:1:1', after: { status: 'rejected' } }])
    expect(await staleOf()).toBe('The concepts changed after the ranking')
    await store.undo()
    await store.edit('Accepted', [{ kind: 'review', key: 'mlp:1:1', after: { status: 'accepted' } }])
    expect(await staleOf()).toBeNull()
    const model = store.get('model', 'model')!
    await store.put([{ kind: 'model', key: 'model', after: { ...model, modelHash: '0'.repeat(64) } }])
    expect(await staleOf()).toBe('The model changed after the ranking')
    await store.put([{ kind: 'model', key: 'model', after: model }])
    expect(await staleOf()).toBeNull()
  })

  test('are extracted as a job that adds only what is new', async () => {
    const { client } = cutting
    const request = { forget: 'forget', reference: 'retain', extractor: 'lexical' }
    expect((await client.forgetConcepts.extractors()).map(({ id }) => id)).toEqual(['lexical'])
    await cutting.finish(await client.forgetConcepts.extract(request))
    const first = await client.forgetConcepts.list()
    expect(first.length).toBeGreaterThan(5)
    expect(first.slice(1).every(({ source, enabled }) => source === 'lexical' && enabled)).toBe(true)
    await client.forgetConcepts.change({ id: first[1]?.id ?? '', enabled: false })
    const again = await cutting.settle(await client.forgetConcepts.extract(request))
    expect(again.warnings).toEqual([
      `${first.length - 1} of ${first.length - 1} concepts were in the list already and were left as they are`,
    ])
    const second = await client.forgetConcepts.list()
    expect(second.length).toBe(first.length)
    expect(second[1]?.enabled).toBe(false)
    expect((await failureOfCall(client.forgetConcepts.extract({ ...request, reference: 'forget' }))).kind).toBe(
      'bad-argument',
    )
  })
})
