import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { conceptStatuses, type NeuronTable } from '../../src/contract/workbench/neurons.ts'
import { withRecording } from '../../src/main/files/open-recording.ts'
import type { WorkbenchSession } from '../../src/main/services/session/session.ts'
import { makePlantedGpt2, planted } from '../support/models/planted.ts'
import { scratchFolder } from './expectations.ts'
import { randomText } from './texts.ts'
import { finished, refusalOf, startWorkbench } from './workbench.ts'

const work = scratchFolder('workspace-neurons')
const model = makePlantedGpt2(join(work, 'planted')).directory
const [plantedQ] = planted.neurons
const neurons = planted.layers * (planted.inner + planted.width)
const emoji = 'the q 👩‍👩‍👧 שלום q مرحبا x'

let session: WorkbenchSession
let client: Awaited<ReturnType<typeof startWorkbench>>['client']
const dataset: Record<string, string> = {}

beforeAll(async () => {
  ;({ session, client } = await startWorkbench(work))
  await client.model.use({ source: session.grants.grant(model).id, tokenizer: null })
  for (const [name, roles, seed] of [
    ['probe', ['probe'], 1],
    ['forget', ['forget'], 2],
    ['retain', ['retain'], 3],
  ] as const) {
    const path = join(work, `${name}.txt`)
    writeFileSync(path, `${emoji} q1q(x" ${randomText(seed, 400)} ${emoji}`)
    const mapping = { textColumn: null, where: null, sample: null, seed: 1, split: 'all' as const }
    const file = session.grants.grant(path).id
    dataset[name] = (await client.datasets.import({ file, name, mapping, roles: [...roles] })).id
  }
})

const record = (name: string, sites: ('mlp' | 'attention')[], tokens: number | null = null) =>
  client.recordings.start({ dataset: dataset[name]!, tokens, window: 16, sites, seed: 1 })

const bytesOf = async (blob: Blob) => blob.arrayBuffer()
const textsOf = async (table: NeuronTable) => JSON.parse(await table.concepts.text()) as string[]
const statusOf = async (table: NeuronTable, row: number) =>
  conceptStatuses[new Uint8Array(await bytesOf(table.columns.status))[row]!]

describe('recording', () => {
  test('is a job that says what it does, and its recording becomes the evidence', async () => {
    expect(await client.neurons.table()).toBeNull()
    const before = await refusalOf(() => client.neurons.page({ neuron: 'mlp:0:3' }))
    expect(before).toMatchObject({ kind: 'not-found', remedy: 'Record the model first.' })
    const job = await finished(session, await record('probe', ['mlp', 'attention']))
    expect(job.title).toBe('Record 2 layers x 56 neurons over probe')
    const [recording] = await client.recordings.list()
    expect(recording).toMatchObject({ id: job.result, data: 'probe', neurons, window: 16, stale: null, inUse: true })
  })

  test('of the same thing twice is one recording', async () => {
    const job = await finished(session, await record('probe', ['attention', 'mlp']))
    expect((await client.recordings.list()).map(({ id }) => id)).toEqual([job.result])
  })

  test('of forget and retain data leaves the evidence as it is', async () => {
    await finished(session, await record('forget', ['mlp']))
    await finished(session, await record('retain', ['mlp']))
    const list = await client.recordings.list()
    expect(list.map(({ data, inUse }) => [data, inUse])).toEqual([
      ['probe', true],
      ['forget', false],
      ['retain', false],
    ])
  })

  test('fails in words of the window when the window is too long', async () => {
    const request = { dataset: dataset['probe']!, tokens: null, window: 1000, sites: ['mlp' as const], seed: 1 }
    const { job } = await client.recordings.start(request)
    const { failure } = await session.jobs.settled(job)
    expect(failure).toMatchObject({ kind: 'bad-argument', remedy: 'Use windows of 64 tokens or less.' })
  })
})

describe('the neuron table', () => {
  test('holds the statistics of the recording in the order of its rows', async () => {
    const table = (await client.neurons.table())!
    expect(table.rows).toBe(neurons)
    expect(table.layout).toEqual([
      { site: 'mlp', layer: 0, first: 0, width: 24 },
      { site: 'mlp', layer: 1, first: 24, width: 24 },
      { site: 'attention', layer: 0, first: 48, width: 32 },
      { site: 'attention', layer: 1, first: 80, width: 32 },
    ])
    const { folder } = session.workspace().store.get('recording', (await client.recordings.list())[0]!.id)!
    const statistics = withRecording(session.workspace().file(folder), (reader) => reader.statistics())
    for (const name of ['freq', 'meanAbs', 'rms', 'stdPopulation', 'mean', 'max'] as const) {
      expect(new Float32Array(await bytesOf(table.columns[name]))).toEqual(Float32Array.from(statistics[name]))
    }
    expect(new Float32Array(await bytesOf(table.columns.conceptScore)).every(Number.isNaN)).toBe(true)
    expect(await textsOf(table)).toEqual(Array.from({ length: neurons }, () => ''))
  })
})

describe('explaining', () => {
  test('names the most peaked neurons first, leaves edited ones alone and goes on with the rest', async () => {
    const mine = 'written by a person'
    await client.neurons.editConcept({ neuron: 'mlp:0:3', text: mine })
    const request = { explainer: 'lexical', sites: ['mlp' as const], seed: 1 }
    const first = await finished(session, await client.recordings.explain({ ...request, top: 10 }))
    expect(first.title).toBe('Explain 10 neurons (lexical)')
    const table = (await client.neurons.table())!
    const texts = await textsOf(table)
    expect(texts.filter((text) => text !== '')).toHaveLength(11)
    expect(texts[3]).toBe(mine)
    await finished(session, await client.recordings.explain({ ...request, top: null }))
    const all = await textsOf((await client.neurons.table())!)
    expect(all.slice(0, 48).every((text) => text !== '')).toBe(true)
    expect(all[3]).toBe(mine)
    const explained = [...session.workspace().store.all('explanation').values()].map(({ concepts }) => concepts)
    expect(explained).toEqual([10, 37])
    const nothingLeft = await refusalOf(() => client.recordings.explain({ ...request, top: null }))
    expect(nothingLeft).toMatchObject({ kind: 'bad-argument' })
  })

  test('refuses an explainer that does not exist, in the job', async () => {
    const { job } = await client.recordings.explain({ explainer: 'oracle', sites: ['attention'], top: 1, seed: 1 })
    expect((await session.jobs.settled(job)).failure).toMatchObject({ kind: 'bad-argument' })
    expect((await client.recordings.explainers()).map(({ id }) => id)).toContain('lexical')
  })
})

describe('the page of a neuron', () => {
  test('shows windows, bands, promoted tokens and alike neurons, pieces and activations side by side', async () => {
    const page = await client.neurons.page({ neuron: 'mlp:0:3' })
    expect(page).toMatchObject({ neuron: 'mlp:0:3', row: 3, pin: null })
    expect(page.bands.map(({ name }) => name)).toEqual([
      'Most active',
      '99 to 99.9 %',
      '90 to 99 %',
      '50 to 90 %',
      '0 to 50 %',
    ])
    const windows = page.bands.flatMap((band) => band.windows)
    expect(windows.length).toBeGreaterThan(10)
    for (const { pieces, activations, max } of windows) {
      expect(activations).toHaveLength(pieces.length)
      const largest = Math.max(...activations)
      expect(Math.abs(largest - max)).toBeLessThan(0.01)
      // The planted neuron fires on its trigger and nowhere else.
      for (const [at, value] of activations.entries()) expect(value > 0.1).toBe(pieces[at] === plantedQ!.trigger)
    }
    expect(windows.some(({ pieces }) => pieces.includes('ש'))).toBe(true)
    expect(windows.some(({ pieces }) => pieces.includes('👩'))).toBe(true)
    expect(page.promoted![0]).toMatchObject({ id: plantedQ!.writesId, piece: 'u' })
    expect(page.promoted).toHaveLength(12)
    expect(page.suppressed).toHaveLength(12)
    expect(page.statistics.max).toBeCloseTo(plantedQ!.activationAlone, 1)
    expect(page.histogram.edges).toHaveLength(page.histogram.counts.length + 1)
    expect(page.forgetHistogram!.counts.length).toBeGreaterThan(0)
    expect(page.retainHistogram!.counts.length).toBeGreaterThan(0)
    const correlations = page.related.map(({ correlation }) => correlation)
    expect(correlations).toEqual(correlations.toSorted((a, b) => b - a))
    expect(correlations.every((correlation) => correlation > 0 && correlation <= 1)).toBe(true)
  })

  test('shows no comparison for a neuron that the forget and retain recordings do not hold', async () => {
    const page = await client.neurons.page({ neuron: 'attention:1:19' })
    expect([page.forgetHistogram, page.retainHistogram]).toEqual([null, null])
    expect(page.promoted![0]).toMatchObject({ piece: '!' })
  })

  test('tells what a sentence of the grammar predicts, on the scale of the activations, and nothing for another', async () => {
    await client.neurons.editConcept({ neuron: 'mlp:0:3', text: 'the token "q"' })
    const scored = (await client.neurons.page({ neuron: 'mlp:0:3' })).bands[0]!.windows[0]!
    const at = scored.pieces.indexOf('q')
    expect(scored.simulated!.every((value, token) => value > 0 === (scored.pieces[token] === 'q'))).toBe(true)
    expect(Math.abs(scored.simulated![at]! - scored.activations[at]!)).toBeLessThan(0.5)
    await client.neurons.editConcept({ neuron: 'mlp:0:3', text: 'a longing for the sea' })
    const unscored = (await client.neurons.page({ neuron: 'mlp:0:3' })).bands[0]!.windows[0]!
    expect(unscored.simulated).toBeNull()
    expect(unscored.activations).toEqual(scored.activations)
  })

  test('refuses a neuron that was not recorded, with the legal range', async () => {
    const refusal = await refusalOf(() => client.neurons.page({ neuron: 'mlp:0:24' }))
    expect(refusal).toMatchObject({ kind: 'bad-argument' })
    expect(refusal.message).toContain('neurons 0 to 23')
  })

  test('still shows what was recorded when the model is gone', async () => {
    renameSync(model, `${model}.away`)
    try {
      const page = await client.neurons.page({ neuron: 'mlp:0:5' })
      expect(page.promoted).toBeNull()
      expect(page.bands.flatMap(({ windows }) => windows)).toEqual([])
      expect(page.bands[0]!.note).toMatch(/planted/)
      expect(page.histogram.counts.length).toBeGreaterThan(0)
    } finally {
      renameSync(`${model}.away`, model)
    }
  })
})

describe('a text of one’s own', () => {
  test('keeps pieces and activations aligned through emoji and right-to-left text, over several windows', async () => {
    const text = `${emoji} ${emoji} q`
    const { pieces, activations } = await client.neurons.testText({ neuron: 'mlp:0:3', text })
    expect(pieces.join('')).toBe(text)
    expect(activations).toHaveLength(pieces.length)
    expect(pieces.length).toBeGreaterThan(64)
    const firing = activations.flatMap((value, at) => (value > 0.1 ? [pieces[at]] : []))
    expect(firing).toEqual(['q', 'q', 'q', 'q', 'q'])
  })

  test('is refused when it is empty', async () => {
    expect(await refusalOf(() => client.neurons.testText({ neuron: 'mlp:0:3', text: '' }))).toMatchObject({
      kind: 'bad-argument',
      message: 'The text is empty',
    })
  })
})

describe('edits of concepts, verdicts and pins', () => {
  test('show in the table at once, one step of undo each, and in the history', async () => {
    const neuron = 'mlp:0:7'
    const suggestion = (await client.neurons.page({ neuron })).concept
    expect(suggestion).toMatchObject({ status: 'suggested', author: 'lexical', suggestion: null })
    await client.neurons.review({ neurons: [neuron, 'mlp:0:8', 'attention:0:0'], status: 'accepted' })
    expect(session.workspace().store.undoLabel).toBe('Accepted 2 concepts')
    expect(await statusOf((await client.neurons.table())!, 7)).toBe('accepted')
    await client.neurons.editConcept({ neuron, text: 'mine' })
    expect((await client.neurons.page({ neuron })).concept).toEqual({
      text: 'mine',
      author: 'person',
      score: null,
      scoreKind: null,
      reason: 'The sentence was written by hand and is not scored',
      status: 'edited',
      suggestion: suggestion.text,
    })
    await client.workspace.undo()
    expect((await client.neurons.page({ neuron })).concept).toMatchObject({ text: suggestion.text, status: 'accepted' })
    await client.workspace.redo()
    await client.neurons.revertConcept({ neuron })
    expect((await client.neurons.page({ neuron })).concept).toEqual(suggestion)
    const history = await client.neurons.history({ neuron })
    expect(history.map(({ what, undone }) => [what, undone])).toEqual([
      ['Explained it (lexical)', false],
      ['Accepted 2 concepts', false],
      ['Edited the concept of mlp:0:7', false],
      ['Took back the edit of the concept of mlp:0:7', false],
    ])
    expect(await refusalOf(() => client.neurons.revertConcept({ neuron }))).toMatchObject({ kind: 'not-found' })
  })

  test('pin many neurons in one step', async () => {
    const pins = async () => [...new Uint8Array(await bytesOf((await client.neurons.table())!.columns.pin))]
    const revision = (await client.neurons.table())!.revision
    await client.neurons.pin({ neurons: ['mlp:0:0', 'mlp:1:0', 'mlp:0:0'], pin: 'never' })
    await client.neurons.pin({ neurons: ['attention:1:31'], pin: 'always' })
    expect((await pins()).flatMap((pin, row) => (pin === 0 ? [] : [[row, pin]]))).toEqual([
      [0, 2],
      [24, 2],
      [111, 1],
    ])
    expect((await client.neurons.table())!.revision).toBeGreaterThan(revision)
    await client.workspace.undo()
    await client.workspace.undo()
    expect((await pins()).every((pin) => pin === 0)).toBe(true)
    const refusal = await refusalOf(() => client.neurons.pin({ neurons: ['mlp:2:0'], pin: 'never' }))
    expect(refusal).toMatchObject({ kind: 'bad-argument' })
  })

  test('of neurons without a concept are refused', async () => {
    const refusal = await refusalOf(() => client.neurons.review({ neurons: ['attention:0:5'], status: 'accepted' }))
    expect(refusal).toMatchObject({ kind: 'bad-argument', message: 'These neurons have no concept yet' })
  })
})

describe('recordings out of date', () => {
  test('say why: other text, another model, folder gone; undo makes them good again', async () => {
    const reason = async (data: string) => (await client.recordings.list()).find((each) => each.data === data)!.stale
    const mapping = { textColumn: null, where: null, sample: null, seed: 1, split: 'all' as const }
    const path = join(work, 'forget.txt')
    const former = `${emoji} other text`
    writeFileSync(path, former)
    await client.datasets.change({ id: dataset['forget']!, mapping })
    expect(await reason('forget')).toMatch(/text of forget changed after it: record again/)
    expect(await reason('retain')).toBeNull()
    const store = session.workspace().store
    const document = store.get('model', 'model')!
    await store.put([{ kind: 'model', key: 'model', after: { ...document, modelHash: '0'.repeat(64) } }])
    expect(await reason('retain')).toMatch(/another model/)
    await store.put([{ kind: 'model', key: 'model', after: document }])
    const folder = session.workspace().file(store.get('recording', (await client.recordings.list())[2]!.id)!.folder)
    renameSync(folder, `${folder}.away`)
    expect(await reason('retain')).toMatch(/folder is gone/)
    renameSync(`${folder}.away`, folder)
    expect(await reason('retain')).toBeNull()
  })

  test('are chosen and removed as undoable edits', async () => {
    const [probe, forget] = await client.recordings.list()
    await client.recordings.use({ id: forget!.id })
    expect((await client.neurons.table())!.rows).toBe(48)
    await client.recordings.remove({ id: forget!.id })
    expect(await client.neurons.table()).toBeNull()
    await client.workspace.undo()
    await client.workspace.undo()
    const list = await client.recordings.list()
    expect(list.map(({ id, inUse }) => [id, inUse])).toEqual([
      [probe!.id, true],
      [forget!.id, false],
      [list[2]!.id, false],
    ])
  })
})
