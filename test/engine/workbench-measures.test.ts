import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { PlanChoice } from '../../src/contract/workbench/model.ts'
import { evaluate } from '../../src/main/services/evaluations/evaluate.ts'
import { resolvePlan } from '../../src/main/services/plans/resolve-plan.ts'
import { quietTask } from '../../src/main/services/task.ts'
import { demoData, failureOfCall, openCutting, useQuestions, type Cutting } from './cutting.ts'

let cutting: Cutting
let ranking: string
let cut: PlanChoice
beforeAll(async () => {
  cutting = await openCutting()
  const random = { method: 'random', preset: null, params: {}, seed: 7, forget: null, retain: null }
  ranking = await cutting.finish(await cutting.client.rankings.make(random))
  cut = { kind: 'cut', ranking, k: 300 }
})
afterAll(() => cutting.dispose())

const model = { path: resolve(demoData, '../model'), tokenizer: null }
const neverAborts = () => new AbortController().signal

async function eventsOf<E>(stream: PromiseLike<AsyncIterable<E>>): Promise<E[]> {
  const events: E[] = []
  for await (const event of await stream) events.push(event)
  return events
}

describe('a preview', () => {
  test('measures small samples of both sides, then writes texts before and after', async () => {
    const events = await eventsOf(cutting.client.compare.preview({ plan: cut }, { signal: neverAborts() }))
    expect(events.map(({ kind }) => kind)).toEqual(['measures', 'text', 'text', 'done'])
    const measures = events[0]?.kind === 'measures' ? events[0].measures : []
    expect(measures.map(({ name, side, estimator, n }) => [name, side, estimator, n])).toEqual([
      ['code', 'forget', 'lossNats', 8],
      ['prose', 'retain', 'lossNats', 8],
      ['verbs', 'retain', 'accuracy', 12],
    ])
    for (const { original, unlearned, delta } of measures) {
      expect(delta.value).toBeCloseTo(unlearned - original, 9)
      expect(delta.low).toBeLessThanOrEqual(delta.value)
      expect(delta.high).toBeGreaterThanOrEqual(delta.value)
    }
    const code = measures[0]!
    expect(code.unlearned).toBeGreaterThan(code.original)
    const { results } = await evaluate(
      cutting.session.workbench.models,
      {
        model,
        metric: 'lm',
        preset: null,
        params: { tokens: 512 },
        data: { path: join(demoData, 'evaluate-code.txt'), split: 'evaluation' },
        plan: await resolvePlan(cutting.session, cut),
        seed: 1,
      },
      quietTask(),
    )
    expect(results['lossNats']).toMatchObject({ ok: true, value: code.unlearned, n: 8 })
  })

  test('of nothing changes nothing', async () => {
    const plan = { kind: 'cut', ranking, k: 0 } as const
    const [first, ...rest] = await eventsOf(cutting.client.compare.preview({ plan }, { signal: neverAborts() }))
    const measures = first?.kind === 'measures' ? first.measures : []
    const still = { value: 0, low: 0, high: 0 }
    expect(measures.map(({ delta }) => delta)).toEqual([still, still, still])
    const texts = rest.flatMap((event) => (event.kind === 'text' ? [event] : []))
    expect(texts.map(({ unlearned }) => unlearned)).toEqual(texts.map(({ original }) => original))
  })

  test('ends as cancelled when its listener leaves, and the next one works', async () => {
    const leave = new AbortController()
    const given = eventsOf(cutting.client.compare.preview({ plan: cut }, { signal: leave.signal }))
    leave.abort()
    expect((await failureOfCall(given)).kind).toBe('cancelled')
    const next = await eventsOf(cutting.client.compare.preview({ plan: cut }, { signal: neverAborts() }))
    expect(next.at(-1)?.kind).toBe('done')
  })

  test('works again after the engine died', async () => {
    cutting.session.workbench.engine.kill()
    const events = await eventsOf(cutting.client.compare.preview({ plan: cut }, { signal: neverAborts() }))
    expect(events.map(({ kind }) => kind)).toEqual(['measures', 'text', 'text', 'done'])
  })
})

describe('both models side by side', () => {
  test('write token by token, and each text is the sum of its tokens', async () => {
    const settings = { maxNewTokens: 12, temperature: 0.8, seed: 3 }
    const request = { prompt: 'The old man said', settings, plan: cut }
    const events = await eventsOf(cutting.client.compare.generate(request, { signal: neverAborts() }))
    const last = events.at(-1)
    const whole = last?.kind === 'done' ? last : { original: null, unlearned: null }
    for (const side of ['original', 'unlearned'] as const) {
      const tokens = events.flatMap((event) => (event.kind === 'token' && event.side === side ? [event.text] : []))
      expect(tokens.length).toBeGreaterThan(3)
      expect(tokens.join('')).toBe(whole[side])
    }
    const again = await eventsOf(cutting.client.compare.generate(request, { signal: neverAborts() }))
    expect(again.at(-1)).toEqual(last)
    const empty = cutting.client.compare.generate({ ...request, prompt: '' }, { signal: neverAborts() })
    expect((await failureOfCall(eventsOf(empty))).kind).toBe('bad-argument')
  })

  test('give a log-probability for every token but the first', async () => {
    const { pieces, original, unlearned } = await cutting.client.compare.logprobs({ text: 'He went to the', plan: cut })
    expect(pieces.join('')).toBe('He went to the')
    expect(original.length).toBe(pieces.length)
    expect(unlearned.length).toBe(pieces.length)
    expect(original[0]).toBeNull()
    expect(original.slice(1).every((value) => value !== null && value < 0)).toBe(true)
    expect(unlearned[1]).not.toBe(original[1])
    const none = await cutting.client.compare.logprobs({ text: '', plan: cut })
    expect(none).toEqual({ pieces: [], original: [], unlearned: [] })
    const long = await failureOfCall(cutting.client.compare.logprobs({ text: 'word '.repeat(5000), plan: cut }))
    expect(long.kind).toBe('bad-argument')
  })
})

describe('prompts', () => {
  test('come by ten thousand in one step of undo, of any script', async () => {
    const { client, session } = cutting
    const texts = Array.from({ length: 10_000 }, (_, at) => `שלום 👩‍👩‍👧 ${at}`)
    await client.compare.addPrompts({ texts })
    const prompts = await client.compare.prompts()
    expect(prompts.length).toBe(10_000)
    expect(prompts[9999]?.text).toBe('שלום 👩‍👩‍👧 9999')
    await client.compare.changePrompt({ id: prompts[0]?.id ?? '', text: 'Once upon a time' })
    await client.compare.removePrompts({ ids: prompts.slice(1).map(({ id }) => id) })
    expect((await client.compare.prompts()).map(({ text }) => text)).toEqual(['Once upon a time'])
    expect(await session.workspace().store.undo()).toBe('Removed 9,999 prompts')
    expect((await client.compare.prompts())[9999]?.text).toBe('שלום 👩‍👩‍👧 9999')
    await client.compare.removePrompts({ ids: prompts.map(({ id }) => id) })
    expect((await failureOfCall(client.compare.changePrompt({ id: 'none', text: 'a' }))).kind).toBe('not-found')
  })
})

describe('full measures', () => {
  let first: string
  beforeAll(async () => {
    await useQuestions(cutting.session, 4)
    first = await cutting.finish(await cutting.client.runs.measure({ plan: cut, tokens: 1280, seed: 1 }))
  })

  test('agree with the command line, and the differences are paired', async () => {
    const [run] = await cutting.client.runs.list()
    expect(run).toMatchObject({
      id: first,
      title: 'Random order, k = 300 (9.77 %)',
      k: 300,
      ranking,
      stale: null,
      seed: 1,
    })
    expect(run?.comparisons.length).toBe(11)
    const { results } = await evaluate(
      cutting.session.workbench.models,
      {
        model,
        metric: 'lm',
        preset: null,
        params: { tokens: 1280 },
        data: { path: join(demoData, 'evaluate-prose.txt'), split: 'evaluation' },
        plan: await resolvePlan(cutting.session, cut),
        seed: 1,
      },
      quietTask(),
    )
    const prose = run?.comparisons.find(({ name, estimator }) => name === 'prose' && estimator === 'lossNats')
    const { byIndex, ...summary } = results['lossNats'] as Extract<(typeof results)[string], { ok: true }>
    expect(prose?.unlearned).toEqual(summary)
    expect(byIndex.length).toBe(20)
    expect(prose?.delta?.n).toBe(20)
    expect(Object.keys(prose?.original ?? {})).not.toContain('byIndex')
  })

  test('show the units behind a number with their texts, largest change first', async () => {
    const request = { run: first, estimator: 'lossNats', offset: 0, limit: 100 }
    const { total, unit, examples } = await cutting.client.runs.examples({ ...request, dataset: 'prose' })
    expect([total, unit, examples.length]).toEqual([20, 'window', 20])
    const changes = examples.map(({ original, unlearned }) => Math.abs(unlearned - original))
    expect(changes).toEqual(changes.toSorted((a, b) => b - a))
    const text = readFileSync(join(demoData, 'evaluate-prose.txt'), 'utf8')
    const inOrder = examples.toSorted((a, b) => a.index - b.index)
    expect(text.startsWith(inOrder.map((example) => example.text).join(''))).toBe(true)
    const cloze = await cutting.client.runs.examples({ ...request, dataset: 'verbs', estimator: 'accuracy', limit: 3 })
    expect([cloze.total, cloze.unit, cloze.examples.length]).toEqual([4, 'question', 3])
    expect(cloze.examples[0]?.text).toMatch(/XXXXX[\s\S]*\(answer: \w+\)$/)
    const wrong = cutting.client.runs.examples({ ...request, dataset: 'prose', estimator: 'accuracy' })
    expect((await failureOfCall(wrong)).kind).toBe('bad-argument')
  })

  test('take the original from before, go stale by content, and come back after undo', async () => {
    const { session, client } = cutting
    const workspace = session.workspace()
    const originals = () => readdirSync(workspace.file('runs', 'originals')).length
    expect(originals()).toBe(3)
    const other = { kind: 'cut', ranking, k: 10 } as const
    const second = await cutting.finish(await client.runs.measure({ plan: other, tokens: 1280, seed: 1 }))
    expect(originals()).toBe(3)
    expect((await client.runs.list()).map((run) => run.id)).toEqual([second, first])
    const prose = workspace.store.get('dataset', 'prose')!
    await workspace.store.put([{ kind: 'dataset', key: 'prose', after: { ...prose, dataHash: 'f'.repeat(64) } }])
    expect((await client.runs.list())[0]?.stale).toBe('The data set prose changed after the measurement')
    await workspace.store.put([{ kind: 'dataset', key: 'prose', after: prose }])
    await client.runs.remove({ id: second })
    expect((await client.runs.list()).length).toBe(1)
    await workspace.store.undo()
    expect((await client.runs.list())[0]).toMatchObject({ id: second, stale: null })
  })

  test('are taken on chosen data sets alone, and on none that has no such role', async () => {
    const { client } = cutting
    const request = { plan: { kind: 'cut', ranking, k: 12 } as const, tokens: 1280, seed: 1 }
    const run = await cutting.finish(await client.runs.measure({ ...request, datasets: ['prose'] }))
    const [last] = await client.runs.list()
    expect(last!.id).toBe(run)
    expect([...new Set(last!.comparisons.map(({ dataset }) => dataset))]).toEqual(['prose'])
    await client.runs.remove({ id: run })
    await expect(client.runs.measure({ ...request, datasets: ['probe', 'prose'] })).rejects.toMatchObject({
      data: { kind: 'bad-argument', message: 'probe is no data set with an evaluation role' },
    })
  })

  test('go on after the engine died in the middle, with the same numbers', async () => {
    const { client, session } = cutting
    const request = { plan: { kind: 'cut', ranking, k: 77 } as const, tokens: 2560, seed: 1 }
    const started = await client.runs.measure(request)
    const folder = session.workspace().file('runs', started.job)
    // More than 34 per cent: one data set of three is done, and the engine is at the second.
    while ((session.jobs.find(started.job).progress?.done ?? 0) <= 34) await sleep(5)
    session.workbench.engine.kill()
    const failed = await cutting.settle(started)
    expect([failed.state, failed.failure?.kind, failed.resumable]).toEqual(['failed', 'host-died', true])
    const code = statSync(join(folder, 'code.json')).mtimeMs
    await cutting.finish(await client.jobs.resume({ id: started.job }))
    expect(statSync(join(folder, 'code.json')).mtimeMs).toBe(code)
    const whole = await cutting.finish(await client.runs.measure(request))
    const runs = await client.runs.list()
    const comparisonsOf = (id: string) => runs.find((run) => run.id === id)?.comparisons
    expect(comparisonsOf(started.job)).toEqual(comparisonsOf(whole))
    await client.runs.remove({ id: whole })
    await client.runs.remove({ id: started.job })
  })

  test('say which data set could not be measured, and measure the others', async () => {
    const { session, client } = cutting
    const { store } = session.workspace()
    const code = store.get('dataset', 'code')!
    const place = { base: 'absolute', path: '/nowhere/code.txt' } as const
    await store.put([{ kind: 'dataset', key: 'code', after: { ...code, place } }])
    const job = await cutting.settle(await client.runs.measure({ plan: cut, tokens: 1280, seed: 1 }))
    await store.put([{ kind: 'dataset', key: 'code', after: code }])
    expect(job.state).toBe('done')
    expect(job.warnings[0]).toMatch(/^code could not be measured: /)
    const run = (await client.runs.list()).find((candidate) => candidate.id === job.result)
    const byName = (name: string) => run?.comparisons.find((comparison) => comparison.name === name)
    expect(byName('code')).toMatchObject({ delta: null, original: { ok: false, failure: { kind: 'not-found' } } })
    expect(byName('prose')?.delta).not.toBeNull()
  })
})

describe('a sweep', () => {
  test('measures the ranking and a random control of the same k, without single units', async () => {
    const { client } = cutting
    const request = { rankings: [ranking], grid: ['0', '1%', '300'], control: true, tokens: 1280, seed: 5 }
    const id = await cutting.finish(await client.sweeps.start(request))
    const [sweep] = await client.sweeps.list()
    expect(sweep).toMatchObject({ id, stale: null })
    expect(sweep?.points.length).toBe(18)
    const prose = sweep?.points.filter(({ name }) => name === 'prose') ?? []
    expect(prose.map(({ k, control, rankingId }) => [k, control, rankingId])).toEqual([
      [0, false, ranking],
      [31, false, ranking],
      [300, false, ranking],
      [0, true, null],
      [31, true, null],
      [300, true, null],
    ])
    expect(prose[1]?.percent).toBeCloseTo((31 / 3072) * 100, 12)
    const [run] = (await client.runs.list()).toReversed()
    const measured = run?.comparisons.find(({ name, estimator }) => name === 'prose' && estimator === 'lossNats')
    expect(prose[2]?.results['lossNats']).toMatchObject({ ok: true, value: valueOf(measured?.unlearned) })
    expect(prose[5]?.results['lossNats']).not.toMatchObject({ value: valueOf(measured?.unlearned) })
    expect(JSON.stringify(sweep)).not.toContain('byIndex')
    expect((await failureOfCall(client.sweeps.start({ ...request, grid: ['101%'] }))).kind).toBe('bad-argument')
    expect((await failureOfCall(client.sweeps.start({ ...request, rankings: ['none'] }))).kind).toBe('not-found')
    await client.sweeps.remove({ id })
    expect(await client.sweeps.list()).toEqual([])
  })
})

function valueOf(summary: { ok: boolean; value?: number } | undefined): number | undefined {
  return summary?.value
}

describe('an export', () => {
  const choice = () => ({ plan: cut, realisation: 'compact', name: 'pruned', folder: null, weights: null }) as const

  test('is as large as was estimated, verified, and on the list with its manifest', async () => {
    const { client, session } = cutting
    const estimate = await client.exports.estimate(choice())
    expect(estimate).toMatchObject({ problem: null, neurons: 300 })
    expect(estimate.freeBytes).toBeGreaterThan(0)
    expect(existsSync(session.workspace().file('exports', 'pruned'))).toBe(false)
    const id = await cutting.finish(await client.exports.start(choice()))
    const [info] = await client.exports.list()
    expect(info).toMatchObject({ id, name: 'pruned.onnx', realisation: 'compact', neurons: 300 })
    expect(info?.verification).toMatchObject({ passed: true, sameGreedyText: true })
    for (const { name, bytes } of estimate.files) {
      expect(statSync(join(info?.folder ?? '', name)).size).toBe(bytes)
    }
    expect(estimate.files.map(({ name }) => name)).toEqual(['pruned.onnx', 'tokenizer.json', 'tokenizer_config.json'])
    expect(info?.files.map(({ name, bytes }) => ({ name, bytes }))).toEqual(estimate.files)
    expect(JSON.parse(info?.manifest ?? '')).toMatchObject({
      planHash: info?.planHash,
      realisation: 'compact',
      files: info?.files,
    })
    expect(estimate.totalBytes).toBeLessThan(estimate.originalBytes)
    await client.exports.forget({ id })
    expect(await client.exports.list()).toEqual([])
    expect(existsSync(join(info?.folder ?? '', 'pruned.onnx'))).toBe(true)
  })

  test('estimates weights beside the file to the byte', async () => {
    const { client } = cutting
    const request = { ...choice(), name: 'external', realisation: 'zeroed', weights: 'external' } as const
    const estimate = await client.exports.estimate(request)
    await cutting.finish(await client.exports.start(request))
    const [info] = await client.exports.list()
    expect(info?.files.map(({ name, bytes }) => ({ name, bytes }))).toEqual(estimate.files)
    expect(estimate.files.map(({ name }) => name).slice(0, 2)).toEqual(['external.onnx', 'external.onnx.data'])
  })

  test('says what stands in the way, and overwrites nothing', async () => {
    const { client, session, folder } = cutting
    const problemOf = async (change: object) => (await client.exports.estimate({ ...choice(), ...change })).problem
    expect(await problemOf({})).toMatch(/exists already.*Choose another name\.$/)
    expect((await failureOfCall(client.exports.start(choice()))).kind).toBe('exists')
    expect(await problemOf({ name: '../up' })).toMatch(/cannot be the name/)
    expect((await failureOfCall(client.exports.start({ ...choice(), name: 'a/b' }))).kind).toBe('bad-argument')
    expect(await problemOf({ name: 'other', plan: { kind: 'none' } })).toMatch(/^No neuron is chosen/)
    const target = join(folder, 'target')
    mkdirSync(target)
    writeFileSync(join(target, 'mine.onnx'), 'precious')
    const granted = session.grants.grant(target).id
    expect(await problemOf({ name: 'mine', folder: granted })).toMatch(/exists already/)
    expect(await problemOf({ name: 'fine', folder: granted })).toBeNull()
    writeFileSync(join(target, 'tokenizer.json'), '{}')
    expect(await problemOf({ name: 'fine', folder: granted })).toMatch(/holds another tokenizer\.json/)
    expect(readFileSync(join(target, 'mine.onnx'), 'utf8')).toBe('precious')
    expect(await problemOf({ name: 'fine', folder: 'unknown-grant' })).not.toBeNull()
  })
})
