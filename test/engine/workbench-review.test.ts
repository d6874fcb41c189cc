import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { queueReason, type QueueOrder, type ReviewFilter } from '../../src/contract/workbench/review.ts'
import { makeFolder } from '../../src/main/files/make-folder.ts'
import type { WorkbenchSession } from '../../src/main/services/session/session.ts'
import { makePlantedGpt2, planted } from '../support/models/planted.ts'
import { makeSmallSentenceModel } from '../support/models/small-sentence-model.ts'
import { scratchFolder } from './expectations.ts'
import { randomText } from './texts.ts'
import { finished, refusalOf, startWorkbench } from './workbench.ts'

const work = scratchFolder('workbench-review')
const model = makePlantedGpt2(join(work, 'planted')).directory
const [plantedQ] = planted.neurons

let session: WorkbenchSession
let client: Awaited<ReturnType<typeof startWorkbench>>['client']

/** Sentences of two explainers: score null is not scoreable. */
const first: readonly (readonly [string, string, number | null])[] = [
  ['mlp:0:0', 'the letter "q"', 0.3],
  ['mlp:0:1', 'digits', null],
  ['mlp:0:2', 'the letter "x" after digits', 0.08],
  ['mlp:0:3', 'the letter "q"', 0.9],
  ['mlp:0:4', 'blanks', 0.2],
]
const second: readonly (readonly [string, string, number | null])[] = [
  ['mlp:0:0', 'the letter "q"', 0.5],
  ['mlp:0:2', 'brackets', 0.1],
]

function explain(id: string, explainer: string, lines: typeof first, at: number) {
  const workspace = session.workspace()
  makeFolder(workspace.file('concepts'))
  const texts = lines.map(([neuron, text, score]) =>
    JSON.stringify({ neuron, text, author: explainer, explainer, score, scoreKind: null, status: 'suggested' }),
  )
  writeFileSync(workspace.file('concepts', `${id}.jsonl`), `${texts.join('\n')}\n`)
  const recording = workspace.store.get('evidence', 'evidence')!.recording
  const after = { recording, explainer, file: `concepts/${id}.jsonl`, concepts: lines.length, at }
  return workspace.store.put([{ kind: 'explanation', key: id, after }])
}

async function rank(ordered: readonly string[], k: number) {
  const workspace = session.workspace()
  makeFolder(workspace.file('rankings'))
  const header = { method: 'random', preset: null, params: {}, modelHash: null, seed: 1, neuronCount: 112 }
  const lines = [header, ...ordered.map((neuron, at) => ({ neuron, score: 1 / (at + 1), rank: at + 1 }))]
  writeFileSync(workspace.file('rankings', 'r.jsonl'), `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`)
  const inputs = { forgetConcepts: null, concepts: null, recording: null, forget: null, retain: null }
  const after = { ...header, name: 'Made up', ranked: ordered.length, warnings: [], file: 'rankings/r.jsonl', at: 1 }
  await workspace.store.put([
    { kind: 'ranking', key: 'r', after: { ...after, inputs } },
    { kind: 'cut', key: 'cut', after: { ranking: 'r', k } },
  ])
}

/** The queue as neurons of the first layer by index, each with its reason. */
async function queueOf(order: QueueOrder, filter: ReviewFilter = { statuses: ['suggested'] }) {
  const queue = await client.review.queue({ order, filter })
  const rows = new Uint32Array(await queue.rows.arrayBuffer())
  const values = new Float32Array(await queue.values.arrayBuffer())
  return { ...queue, places: Array.from(rows, (row, at) => `${row}: ${queueReason(order, values[at]!)}`) }
}

const textOf = async (neuron: string) => (await client.neurons.page({ neuron })).concept.text

beforeAll(async () => {
  ;({ session, client } = await startWorkbench(work))
  await client.model.use({ source: session.grants.grant(model).id, tokenizer: null })
  const path = join(work, 'probe.txt')
  writeFileSync(path, `q q1q(x" ${randomText(1, 400)} q`)
  const mapping = { textColumn: null, where: null, sample: null, seed: 1, split: 'all' as const }
  const file = session.grants.grant(path).id
  const { id } = await client.datasets.import({ file, name: 'probe', mapping, roles: ['probe'] })
  const request = { dataset: id, tokens: null, window: 16, sites: ['mlp' as const], seed: 1 }
  await finished(session, await client.recordings.start(request))
  await explain('a', 'lexical', first, 1000)
})

describe('the queue', () => {
  test('without a cut says so and keeps the order of the table', async () => {
    const { places, note, reviewed, left } = await queueOf('cut')
    expect(places.map((place) => place.split(':')[0])).toEqual(['0', '1', '2', '3', '4'])
    expect(note).toContain('No cut is chosen yet')
    expect([reviewed, left]).toEqual([0, 5])
  })

  test('by the cut begins with the last that goes and the first that stays', async () => {
    await rank(['mlp:0:4', 'mlp:1:0', 'mlp:0:2', 'mlp:0:0', 'mlp:0:1'], 3)
    expect((await queueOf('cut')).places).toEqual([
      '2: 1 above the cut',
      '0: 1 below the cut',
      '1: 2 below the cut',
      '4: 3 above the cut',
      '3: not in the ranking',
    ])
  })

  test('by score begins with the lowest; what is not scoreable comes last and is not 0', async () => {
    expect((await queueOf('score')).places).toEqual([
      '2: score 0.08',
      '4: score 0.20',
      '0: score 0.30',
      '3: score 0.90',
      '1: not scored',
    ])
  })

  test('by disagreement begins where two explainers say different things', async () => {
    expect((await queueOf('disagreement')).note).toContain('No neuron has sentences of two authors')
    await explain('b', 'llm', second, 2000)
    const { places } = await queueOf('disagreement')
    expect(places[0]).toMatch(/^2: explainers disagree, cosine -?0\.\d\d$/)
    expect(places.slice(1)).toEqual([
      '0: explainers disagree, cosine 1.00',
      '1: no second opinion',
      '4: no second opinion',
      '3: no second opinion',
    ])
  })

  test('puts what was skipped at the end, in the order of skipping, and undo brings it back', async () => {
    await client.review.skip({ neuron: 'mlp:0:2', skip: true })
    await client.review.skip({ neuron: 'mlp:0:0', skip: true })
    const { places, skipped } = await queueOf('cut')
    expect(skipped).toBe(2)
    expect(places.map((place) => place.split(':')[0])).toEqual(['1', '4', '3', '2', '0'])
    expect(await client.workspace.undo()).toEqual({ did: 'Skipped mlp:0:0', neuron: 'mlp:0:0' })
    await client.workspace.undo()
    expect((await queueOf('cut')).skipped).toBe(0)
  })

  test('filters by words, status and site', async () => {
    const found = async (filter: ReviewFilter) => (await queueOf('cut', filter)).places.map((one) => one.split(':')[0])
    expect(await found({ text: 'LETTER q' })).toEqual(['0', '3'])
    expect(await found({ text: 'mlp:0:1' })).toContain('1')
    expect(await found({ statuses: ['accepted'] })).toEqual([])
    expect(await found({ site: 'attention' })).toEqual([])
    expect(await found({ neurons: ['mlp:0:4', 'mlp:0:3'] })).toEqual(['4', '3'])
  })
})

describe('verdicts', () => {
  test('keep who gave them, and the history says it', async () => {
    await client.app.changeSettings({ reviewer: 'Ada' })
    await client.neurons.review({ neurons: ['mlp:0:0'], status: 'accepted' })
    expect(await client.review.neuron({ neuron: 'mlp:0:0' })).toMatchObject({
      verdict: { status: 'accepted', author: 'Ada' },
      edit: null,
      sentences: [
        { text: 'the letter "q"', author: 'lexical', score: expect.closeTo(0.3, 6) as number },
        { text: 'the letter "q"', author: 'llm', score: 0.5 },
      ],
    })
    const history = await client.neurons.history({ neuron: 'mlp:0:0' })
    expect(history.at(-1)).toMatchObject({ author: 'Ada', what: 'Accepted the concept of mlp:0:0', undone: false })
    const { reviewed, left } = await queueOf('cut')
    expect([reviewed, left]).toEqual([1, 4])
  })

  test('make the ranking out of date when they are rejections, and not when they are not', async () => {
    const { store } = session.workspace()
    const before = store.get('ranking', 'r')!
    const { hashOfConcepts } = await import('../../src/main/services/rankings/concepts-hash.ts')
    const concepts = hashOfConcepts(session.workspace())
    await store.put([{ kind: 'ranking', key: 'r', after: { ...before, inputs: { ...before.inputs, concepts } } }])
    await client.neurons.review({ neurons: ['mlp:0:4'], status: 'accepted' })
    expect((await client.rankings.list())[0]!.stale).toBeNull()
    await client.neurons.review({ neurons: ['mlp:0:4'], status: 'rejected' })
    expect((await client.rankings.list())[0]!.stale).toBe('The concepts changed after the ranking')
  })

  test('on the ranking: one call makes it again and takes it into use', async () => {
    const { result } = await finished(session, await client.review.rankAgain())
    expect((await client.workspace.current())!.cut).toEqual({ ranking: result, k: 3 })
    expect((await client.rankings.list()).find(({ id }) => id === result)).toMatchObject({
      method: 'random',
      stale: null,
    })
    await rank(['mlp:0:4', 'mlp:1:0', 'mlp:0:2', 'mlp:0:0', 'mlp:0:1'], 3)
  })

  test('leave notes beside them, one for each reviewer', async () => {
    await client.review.note({ neuron: 'mlp:0:0', text: 'sure of it' })
    await client.review.note({ neuron: 'mlp:0:0', text: 'quite sure of it' })
    const { notes } = await client.review.neuron({ neuron: 'mlp:0:0' })
    expect(notes).toEqual([{ author: 'Ada', text: 'quite sure of it', at: expect.any(Number) as number }])
  })

  test('never hide a newer suggestion behind an edit', async () => {
    await client.neurons.editConcept({ neuron: 'mlp:0:1', text: 'numbers' })
    expect((await client.review.neuron({ neuron: 'mlp:0:1' })).hasNewer).toBe(false)
    await explain('c', 'llm', [['mlp:0:1', 'digits from 0 to 9', 0.7]], Date.now() + 1000)
    expect((await client.review.neuron({ neuron: 'mlp:0:1' })).hasNewer).toBe(true)
    const { concept } = await client.neurons.page({ neuron: 'mlp:0:1' })
    expect(concept).toMatchObject({ text: 'numbers', author: 'Ada', suggestion: 'digits from 0 to 9' })
  })
})

describe('edits of many', () => {
  test('replace text in as many concepts as were shown, as one step of undo', async () => {
    const filter = { text: 'letter' }
    const action = { kind: 'replace' as const, find: 'The Letter', with: '$& sign', matchCase: false }
    const preview = await client.review.preview({ filter, action })
    expect(preview).toMatchObject({ count: 2, found: 2, unfit: 0 })
    expect(preview.examples[1]).toEqual({ neuron: 'mlp:0:3', before: 'the letter "q"', after: '$& sign "q"' })
    const wrong = await refusalOf(() => client.review.bulk({ filter, action, expected: 3 }))
    expect(wrong.message).toBe('2 neurons would change now, not 3')
    const { label, changed } = await client.review.bulk({ filter, action, expected: 2 })
    expect([label, changed]).toEqual(['Replaced “The Letter” with “$& sign” in 2 concepts', 2])
    expect(await textOf('mlp:0:3')).toBe('$& sign "q"')
    expect((await client.review.neuron({ neuron: 'mlp:0:0' })).verdict).toBeNull()
    expect(await client.workspace.undo()).toEqual({ did: label, neuron: null })
    expect(await textOf('mlp:0:3')).toBe('the letter "q"')
    expect((await client.review.neuron({ neuron: 'mlp:0:0' })).verdict).toMatchObject({ author: 'Ada' })
  })

  test('take signs as they stand', async () => {
    const action = { kind: 'replace' as const, find: 'a-b [c].*', with: 'x', matchCase: false }
    expect(await client.review.preview({ filter: { text: '(.*' }, action })).toMatchObject({ count: 0, found: 0 })
  })

  test('refuse to leave a concept empty', async () => {
    const action = { kind: 'replace' as const, find: 'blanks', with: ' ', matchCase: true }
    expect(await client.review.preview({ filter: {}, action })).toMatchObject({ count: 0, unfit: 1 })
  })

  test('accept, pin and unpin by filter', async () => {
    const filter = { statuses: ['suggested' as const] }
    expect(await client.review.preview({ filter, action: { kind: 'accept' } })).toMatchObject({ count: 2 })
    await client.review.bulk({ filter, action: { kind: 'accept' }, expected: 2 })
    expect((await queueOf('cut')).left).toBe(0)
    await client.workspace.undo()
    const pin = { kind: 'pin' as const, pin: 'never' as const }
    await client.review.bulk({ filter, action: pin, expected: 2 })
    expect(session.workspace().store.all('pin').size).toBe(2)
    await client.review.bulk({ filter: {}, action: { kind: 'unpin' }, expected: 2 })
    expect(session.workspace().store.all('pin').size).toBe(0)
  })
})

describe('finding', () => {
  test('by meaning puts the same sentence first, with cosine 1', async () => {
    const { neurons, of } = await client.review.findByMeaning({ text: 'brackets', count: 3 })
    expect(of).toBe(5)
    expect(neurons[0]).toMatchObject({ neuron: 'mlp:0:2', concept: 'brackets', peak: null })
    expect(neurons[0]!.value).toBeCloseTo(1, 5)
    expect(neurons[1]!.value).toBeLessThan(0.99)
  })

  test('by meaning with a sentence model in a folder, which is opened first and remembered', async () => {
    // One number for each word: a cosine counts the words that two sentences share.
    const words = ['brackets', 'digits', 'blanks', 'letter', 'after', 'the', 'x', 'q', '"']
    const stateOf = (id: number) => words.map((_, at) => (at === id - 4 ? 2 : 0))
    const folder = makeSmallSentenceModel(join(work, 'sentences'), { words, stateOf })
    expect(await client.embedders.lastSentenceModel()).toBe(null)
    const source = session.grants.grant(folder)
    const looked = await client.embedders.sentenceModel({ folder: source.id })
    expect(looked).toEqual({ folder: source, pooling: 'mean', normalised: false })
    expect(await client.embedders.lastSentenceModel()).toEqual(source)
    const choice = { embedder: 'sentence-onnx', embedderFolder: source.id } as const
    const { neurons, of } = await client.review.findByMeaning({ text: 'blanks brackets', count: 5, ...choice })
    expect(of).toBe(5)
    expect(neurons.slice(0, 2).map(({ concept }) => concept)).toEqual(['brackets', 'blanks'])
    for (const { value } of neurons.slice(0, 2)) expect(value).toBeCloseTo(Math.SQRT1_2, 5)
    expect(neurons[2]!.value).toBe(0)
    rmSync(join(folder, 'tokenizer.json'))
    const missing = 'sentences is no sentence-embedding model that can be used: it holds no tokenizer.json'
    for (const call of [
      () => client.embedders.sentenceModel({ folder: source.id }),
      () => client.review.findByMeaning({ text: 'digits', count: 3, ...choice }),
    ]) {
      expect(await refusalOf(call)).toMatchObject({ kind: 'bad-model', message: missing })
    }
    const without = await refusalOf(() =>
      client.review.findByMeaning({ text: 'digits', count: 3, embedder: 'sentence-onnx' }),
    )
    expect(without.message).toBe('The embedder sentence-onnx needs a folder with a sentence model')
  })

  test('by meaning follows an edit', async () => {
    await client.neurons.editConcept({ neuron: 'mlp:0:4', text: 'words about cooking' })
    const { neurons } = await client.review.findByMeaning({ text: 'words about cooking', count: 1 })
    expect(neurons[0]).toMatchObject({ neuron: 'mlp:0:4', status: 'edited' })
    await client.workspace.undo()
  })

  test('by activity gives each neuron its largest activation on the text, relative to the recorded one', async () => {
    const text = 'ab q cd'
    const { neurons, of, tokens } = await client.review.findByActivity({ text, count: 48 })
    expect([of, tokens]).toEqual([48, 7])
    const q = neurons.find(({ neuron }) => neuron === plantedQ!.neuron)!
    const { activations } = await client.neurons.testText({ neuron: plantedQ!.neuron, text })
    expect(q.peak).toMatchObject({ piece: 'q', token: 3 })
    expect(q.peak!.activation).toBeCloseTo(Math.max(...activations), 5)
    const { statistics } = await client.neurons.page({ neuron: plantedQ!.neuron })
    expect(q.value).toBeCloseTo(q.peak!.activation / statistics.max, 5)
    const values = neurons.map(({ value }) => value)
    expect(values).toEqual(values.toSorted((a, b) => b - a))
  })

  test('refuses an empty text and one that is too long', async () => {
    expect((await refusalOf(() => client.review.findByActivity({ text: '', count: 5 }))).kind).toBe('bad-argument')
    const long = await refusalOf(() => client.review.findByActivity({ text: 'ab '.repeat(2000), count: 5 }))
    expect(long.kind).toBe('bad-argument')
  })
})

describe('a second reviewer', () => {
  const lines = () => [
    // The same as here.
    { neuron: 'mlp:0:0', text: 'the letter "q"', edited: false, verdict: 'accepted', note: 'seen twice' },
    // New here.
    { neuron: 'mlp:0:3', text: 'the letter "q"', edited: false, verdict: 'rejected', pin: 'never' },
    // Another verdict.
    { neuron: 'mlp:0:4', text: 'blanks', edited: false, verdict: 'accepted' },
    // Another sentence.
    { neuron: 'mlp:0:1', text: 'figures', edited: true, verdict: null },
    { neuron: 'attention:0:0', text: 'x', edited: true, verdict: null },
  ]
  let file: string

  beforeAll(() => {
    const path = join(work, 'bob.jsonl')
    const signed = lines().map((line) => ({ author: 'Bob', at: 5, note: null, pin: null, ...line }))
    const head = { format: 'snip-review', version: 1, author: 'Bob', modelHash: 'another' }
    const texts = [head, ...signed].map((line) => JSON.stringify(line))
    writeFileSync(path, `${[...texts, 'no JSON', texts[1]].join('\n')}\n`)
    file = session.grants.grant(path).id
  })

  test('is shown beside what stands here: same, new, conflicts, and how far both agree', async () => {
    const preview = await client.review.compare({ file })
    expect(preview).toMatchObject({ authors: ['Bob'], same: 0, fresh: 2, elsewhere: 1, rejectedCount: 2 })
    expect(preview.rejected).toEqual([
      { line: 7, reason: 'this is not JSON' },
      { line: 8, reason: 'a second line for mlp:0:0' },
    ])
    expect(preview.warning).toContain('another model')
    expect(preview.conflicts.map(({ neuron, differs }) => [neuron, differs])).toEqual([
      ['mlp:0:4', ['verdict']],
      ['mlp:0:1', ['text']],
    ])
    expect(preview.conflicts[1]!.mine).toMatchObject({ text: 'numbers', author: 'Ada' })
    // Accepted by both, and rejected by one of them. What each wrote of mlp:0:1 are two sentences.
    expect(preview.agreement).toMatchObject({ n: 2, same: 1, kappa: 0 })
    expect(preview.agreement.share).toMatchObject({
      value: 1 / 2,
      low: expect.closeTo(0.094531, 5) as number,
      high: expect.closeTo(0.905469, 5) as number,
    })
  })

  test('is merged as one step: authors stay, and each conflict goes as it was resolved', async () => {
    const { hash } = await client.review.compare({ file })
    const changed = await refusalOf(() => client.review.merge({ file, hash: 'other', resolutions: {}, others: 'mine' }))
    expect(changed.message).toContain('changed since')
    const merged = await client.review.merge({ file, hash, resolutions: { 'mlp:0:1': 'both' }, others: 'theirs' })
    expect(merged).toEqual({ changed: 4, label: 'Merged the review of Bob: 4 neurons' })
    expect(await client.review.neuron({ neuron: 'mlp:0:3' })).toMatchObject({
      verdict: { status: 'rejected', author: 'Bob', at: 5 },
    })
    expect(await client.review.neuron({ neuron: 'mlp:0:4' })).toMatchObject({ verdict: { author: 'Bob' } })
    const both = await client.review.neuron({ neuron: 'mlp:0:1' })
    expect(both.edit).toMatchObject({ text: 'numbers', author: 'Ada' })
    expect(both.notes).toEqual([{ author: 'Bob', text: '“figures”', at: 5 }])
    expect((await client.review.neuron({ neuron: 'mlp:0:0' })).notes.map(({ author }) => author)).toEqual([
      'Ada',
      'Bob',
    ])
    const again = await client.review.compare({ file })
    expect(again).toMatchObject({ same: 3, fresh: 0, agreement: { n: 1 } })
    expect(await client.workspace.undo()).toEqual({ did: merged.label, neuron: null })
    expect((await client.review.compare({ file })).fresh).toBe(2)
  })

  test('gets a file with one’s own review alone, which is the same when it comes back', async () => {
    const { path, rows } = await client.review.export()
    const [head, ...own] = readFileSync(path, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(head).toMatchObject({ format: 'snip-review', author: 'Ada', neurons: rows })
    expect(own.map(({ neuron, verdict, author }) => [neuron, verdict, author])).toEqual([
      ['mlp:0:0', 'accepted', 'Ada'],
      ['mlp:0:1', null, 'Ada'],
      ['mlp:0:4', 'rejected', 'Ada'],
    ])
    const preview = await client.review.compare({ file: session.grants.grant(path).id })
    expect(preview).toMatchObject({ same: 3, fresh: 0, conflicts: [], warning: null, agreement: { n: 0 } })
  })
})
