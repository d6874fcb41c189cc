import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { conceptSchema, type Concept } from '../../src/contract/files.ts'
import { startLlmServer, type LlmServer } from '../support/llm-server/llm-server.ts'
import { plantedWords } from '../support/llm-server/planted-words.ts'
import { makeGpt2 } from '../support/models/gpt2.ts'
import { makeSmallSentenceModel } from '../support/models/small-sentence-model.ts'
import { snipIn, someText } from './snip.ts'

const { path, json, snip } = snipIn('language-models')

let server: LlmServer
beforeAll(async () => {
  server = await startLlmServer({ model: plantedWords(['the', 'sand', 'ringing', 'door', 'outer']) })
  makeGpt2(path('model'), { context: 16, layers: 2, inner: 200 })
  writeFileSync(path('text.txt'), someText(600))
  await json('record', path('model'), path('text.txt'), '--window', '8', '--sites', 'mlp', '--out', path('recording'))
})
afterAll(() => server.close())

const connection = () => ['--provider-url', server.baseUrl, '--provider-model', 'test-model']
const explain = (out: string, ...more: string[]) => [
  'explain',
  path('recording'),
  '--explainer',
  'summary',
  '--out',
  path(out),
  '--concurrency',
  '8',
  ...connection(),
  ...more,
]

function conceptsOf(name: string): Concept[] {
  return readFileSync(path(name), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => conceptSchema.parse(JSON.parse(line)))
}

describe('snip explain with a language model', () => {
  it('counts before it sends, and sends nothing to count', async () => {
    const sent = server.log.length
    const estimate = await json<Record<string, number>>(
      ...explain('none.jsonl', '--top', '300', '--scorer', 'simulation-written', '--samples', '2', '--estimate'),
    )
    expect(estimate).toMatchObject({ neurons: 300, counted: 100, mostCost: 0 })
    expect(estimate['calls']).toBeGreaterThan(300)
    expect(server.log.length).toBe(sent)
    expect(existsSync(path('none.jsonl'))).toBe(false)
  })

  it('says what leaves, to whom and how often at most, before it asks; nothing where all is answered, and never on stdout', async () => {
    const told = `Windows of the probing data go to ${new URL(server.baseUrl).host}, model test-model, in at most 8 questions`
    const argv = explain('told.jsonl', '--top', '4', '--scorer', 'detection')
    const sent = server.log.length
    const quiet = await snip([...explain('quiet.jsonl', '--top', '1'), '--quiet'])
    expect(quiet.errLines).toEqual([])
    expect(server.log.length).toBeGreaterThan(sent)
    expect((await snip([...argv, '--offline', '--seed', '77'])).err).not.toContain('go to')
    const first = await snip([...argv, '--json'])
    expect(first.errLines).toEqual([told])
    expect(JSON.parse(first.out)).toMatchObject({ concepts: 4 })
    const estimate = await snip([...argv, '--estimate'])
    expect(estimate.err).toBe('')
  })

  it('extends a file by the next neurons', async () => {
    await json(...explain('more.jsonl', '--top', '5'))
    const first = conceptsOf('more.jsonl')
    await json(...explain('more.jsonl', '--top', '7', '--extend'))
    const both = conceptsOf('more.jsonl')
    expect(both.slice(0, first.length)).toEqual(first)
    expect(new Set(both.map(({ neuron }) => neuron)).size).toBe(12)
  })

  it('leaves out neurons whose answer was no concept, and says so; --ask-anew asks about them once more', async () => {
    const anew = ['--top', '2', '--ask-anew', '--seed', '21']
    server.behave(() => ({ kind: 'refused' }))
    expect(await json(...explain('vain.jsonl', '--top', '2', '--seed', '21'))).toMatchObject({ failed: 2 })
    server.behave(() => null)
    const before = server.log.length
    const next = await snip(explain('vain.jsonl', '--top', '2', '--seed', '21', '--extend'))
    expect(next.out).toContain(
      '2 neurons whose answer was no concept are left out: --ask-anew asks about them once more',
    )
    expect(conceptsOf('vain.jsonl').map(({ status }) => status)).toEqual(['failed', 'failed', 'suggested', 'suggested'])
    expect(await json(...explain('vain.jsonl', ...anew))).toMatchObject({ explained: 2, failed: 0, leftOut: 0 })
    expect(conceptsOf('vain.jsonl').map(({ status }) => status)).toEqual(Array.from({ length: 4 }, () => 'suggested'))
    expect(server.log.length).toBe(before + 4)
  })

  it('scores, rates, lists and ranks, the whole way from a recording to an order', async () => {
    const scored = await json<{ scored: number; control: { neurons: number } | null }>(
      ...explain('scored.jsonl', '--top', '6', '--scorer', 'detection', '--control', '4'),
    )
    expect(scored).toMatchObject({ concepts: 6, failed: 0 })
    const common = [
      '--provider-url',
      server.baseUrl,
      '--provider-model',
      'test-model',
      '--embedding-model',
      'test-embedding',
    ]
    const listed = await json<{ concepts: { text: string; weight: number }[] }>(
      'forget-concepts',
      path('text.txt'),
      '--extractor',
      'snip-llm',
      '--preset',
      'corrected',
      '--out',
      path('forget.jsonl'),
      ...common,
    )
    expect(listed.concepts.map(({ text }) => text)).toContain('the word "sand" and nothing else.')
    expect(JSON.parse(readFileSync(path('forget.jsonl.requests', 'replies.json'), 'utf8'))).toHaveLength(3)
    const rate = ['rate', path('scored.jsonl'), '--data', path('text.txt'), '--out', path('ratings.jsonl'), ...common]
    const rated = await snip([...rate, '--json'])
    expect(JSON.parse(rated.out)).toMatchObject({ rated: 6, unrated: 0 })
    const { host } = new URL(server.baseUrl)
    expect(rated.errLines).toEqual([
      `1 sample of the forget set and the texts of concepts go to ${host}, model test-model, in at most 2 questions`,
    ])
    const embedder = [
      '--embedder',
      'openai-compatible',
      '--concepts',
      path('scored.jsonl'),
      '--forget-concepts',
      path('forget.jsonl'),
    ]
    const rank = ['rank', 'snip', '--model', path('model'), '--out', path('ranking.jsonl'), ...embedder, ...common]
    const capped = await snip([...rank, '--budget-tokens', '1'])
    expect([capped.code, capped.errLines.at(-1)]).toEqual([
      2,
      expect.stringContaining('The cap of 1 tokens is reached'),
    ])
    const rankedNow = await snip([...rank, '--json'])
    expect(rankedNow.errLines).toEqual([
      expect.stringMatching(`^The texts? of \\d+ concepts? goe?s? to ${host}, embedding model test-embedding$`),
    ])
    const ranked = JSON.parse(rankedNow.out) as { ranked: number; top: { score: number }[] }
    expect(ranked.ranked).toBe(6)
    expect(ranked.top[0]!.score).toBeCloseTo(1, 5)
    // Nothing leaves a second time.
    expect((await snip(rank)).errLines).toEqual([])
  })

  it('compares the wordings of several draws by the embedder that is named, or by none', async () => {
    const wordings = ['boats and ships', 'ships and boats', 'rivers of sand']
    server.behave(({ index }) => ({ kind: 'text', text: `1. ${wordings[index % 3]}` }))
    // To so blunt a model all sentences are the same.
    const sentences = makeSmallSentenceModel(path('sentences'), { words: [], stateOf: () => [1, 2] })
    // With a seed of their own: what was asked before is answered from what is kept.
    const draws = [
      'forget-concepts',
      path('text.txt'),
      '--extractor',
      'snip-llm',
      '--preset',
      'corrected',
      '--seed',
      '5',
    ]
    const argv = [...draws, '--out', path('draws.jsonl'), ...connection()]
    const listed = async (...how: string[]) =>
      (await json<{ concepts: { draws: number }[] }>(...argv, ...how)).concepts
        .map((one) => one.draws)
        .toSorted((a, b) => a - b)
    const sent = server.log.length
    const refused = await snip([...argv, '--embedder', 'subject-sif'])
    expect([refused.code, server.log.length]).toEqual([2, sent])
    expect(refused.err).toContain('subject-sif needs the model whose embeddings it takes')
    expect(await listed('--embedder', 'sentence-onnx', '--embedder-folder', sentences)).toEqual([3])
    expect(await listed('--embedder', 'none')).toEqual([1, 1, 1])
    // Averaged token embeddings do not know the order of words.
    expect(await listed('--embedder', 'subject-sif', '--model', path('model'))).toEqual([1, 2])
    server.behave(() => null)
  })

  it('names what is missing or wrong', async () => {
    const wrong = await snip(explain('x.jsonl', '--scorer', 'oracle'))
    expect(wrong).toMatchObject({ code: 2 })
    expect(wrong.errLines.join(' ')).toContain("There is no scorer 'oracle'")
    const no = await snip(['explain', path('recording'), '--explainer', 'summary', '--out', path('x.jsonl')])
    expect(no.errLines.join(' ')).toContain('No language model of a server is named')
    const cap = await snip(explain('x.jsonl', '--top', '3', '--seed', '9', '--budget-tokens', '10'))
    expect(cap.code).toBe(0)
    expect(conceptsOf('x.jsonl').map(({ status, text }) => [status, text])).toEqual(
      Array.from({ length: 3 }, () => ['failed', '']),
    )
    expect(conceptsOf('x.jsonl')[0]!.reason).toMatch(/^Skipped: /)
  })

  it('counts the answers that are kept, and deletes them', async () => {
    const kept = await json<{ answers: number; bytes: number }>('answers', '--limit-mb', '50')
    expect(kept).toMatchObject({ limitBytes: 50_000_000, cleared: null })
    expect(kept.answers).toBeGreaterThan(10)
    const { answers, bytes } = kept
    expect(await json('answers', '--clear')).toMatchObject({ answers: 0, bytes: 0, cleared: { answers, bytes } })
    expect((await snip(['answers'])).out).toMatch(/^kept +0 answers, 0 B\nat most +50\.0 MB\n$/)
  })
})
