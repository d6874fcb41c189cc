import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { conceptSchema } from '../../src/contract/files.ts'
import { evaluationSchema, type Evaluation } from '../../src/contract/result.ts'
import { makeGpt2 } from '../support/models/gpt2.ts'
import { snipIn, someCloze, someText } from './snip.ts'

const { path, snip, json } = snipIn('job')
const model = path('model')

beforeAll(() => {
  makeGpt2(model, { context: 32 })
  writeFileSync(path('forget.txt'), someText(900))
  writeFileSync(path('retain.txt'), `${someText(400)}${someText(500).toUpperCase()}`)
  writeFileSync(path('cloze.txt'), someCloze(103))
  writeFileSync(path('table.csv'), 'id,text,lang\n1,the sand,en\n2,the door,de\n3,a hand,en\n')
})

async function value(estimator: string, ...argv: string[]): Promise<number> {
  const { results } = await json<Evaluation>('evaluate', ...argv)
  const result = results[estimator]
  if (!result?.ok) throw new Error(JSON.stringify(result))
  return result.value
}

describe('the commands, in the order of the job', () => {
  it('inspect tells sizes, neurons per site and the hash, and the hash stays', async () => {
    const report = await json('inspect', model)
    expect(report).toMatchObject({
      family: 'gpt2',
      layers: 2,
      width: 24,
      heads: 4,
      headWidth: 6,
      dtype: 'F32',
      contextLength: 32,
      neurons: { mlp: 192, attention: 48 },
    })
    expect(report['modelHash']).toMatch(/^[0-9a-f]{64}$/)
    expect((await json('inspect', model))['modelHash']).toBe(report['modelHash'])
    expect((await snip(['inspect', model])).out).toContain('mlp neurons        192 (96 per layer)')
  })

  it('tokens gives ids, pieces and spans; a text without tokens is legal', async () => {
    const { ids, pieces, spans } = await json<{ ids: number[]; pieces: string[]; spans: number[][] }>(
      'tokens',
      model,
      '--text',
      'the hand',
    )
    expect(ids).toHaveLength(pieces.length)
    expect(spans.at(-1)).toEqual([expect.any(Number), 8])
    expect(await json('tokens', model, '--text', '')).toEqual({ ids: [], pieces: [], spans: [] })
  })

  it('logprobs of a text are those of its ids, one per next token, and of the last logits', async () => {
    const { ids } = await json<{ ids: number[] }>('tokens', model, '--text', 'the sand ringing')
    const byText = await json<{ logprobs: number[] }>('logprobs', model, '--text', 'the sand ringing')
    const byIds = await json<{ logprobs: number[]; lastLogits: number[] }>(
      'logprobs',
      model,
      '--ids',
      ids.join(','),
      '--logits',
      'last',
    )
    expect(byText.logprobs).toEqual(byIds.logprobs)
    expect(byIds.logprobs).toHaveLength(ids.length - 1)
    expect(byIds.lastLogits).toHaveLength(272)
    const next = byIds.lastLogits.indexOf(Math.max(...byIds.lastLogits))
    const longer = await json<{ logprobs: number[] }>('logprobs', model, '--ids', [...ids, next].join(','))
    const sum = byIds.lastLogits.reduce((total, logit) => total + Math.exp(logit), 0)
    expect(longer.logprobs.at(-1)).toBeCloseTo((byIds.lastLogits[next] as number) - Math.log(sum), 4)
    expect((await json<{ ids: number[] }>('generate', model, '--ids', ids.join(','), '--max-new', '1')).ids).toEqual([
      next,
    ])
  })

  it('generate repeats with a seed and prints the text alone', async () => {
    const argv = ['generate', model, '--prompt', 'the', '--max-new', '9', '--temperature', '1', '--seed', '5']
    const first = await json<{ ids: number[]; text: string }>(...argv)
    expect(await json(...argv)).toEqual(first)
    expect((await snip(argv)).out).toBe(`${first.text}\n`)
  })

  it('data tells rows, columns, what is rejected and a preview', async () => {
    writeFileSync(path('ragged.csv'), 'id,text\n1,fine\n2,too,many\n3,fine again\n')
    const found = await json<{ rejected: { line: number }[] }>('data', path('ragged.csv'))
    expect(found).toMatchObject({ rows: 2, columns: ['id', 'text'], repaired: 0 })
    expect(found.rejected.map(({ line }) => line)).toEqual([3])
    expect(await json('data', path('table.csv'), '--where', "lang = 'en'")).toMatchObject({ rows: 2 })
  })

  it('record writes a recording that neuron reads, and the same command again does nothing', async () => {
    const argv = ['record', model, path('forget.txt'), '--window', '16', '--tokens', '1600', '--out', path('forget')]
    expect(await json(...argv)).toMatchObject({ windows: 100, tokens: 1600, neurons: 240, alreadyFinished: false })
    await json('record', model, path('retain.txt'), '--window', '16', '--out', path('retain'))
    const before = readFileSync(path('forget', 'job.json'))
    expect(await json(...argv, '--resume')).toMatchObject({ alreadyFinished: true })
    expect(readFileSync(path('forget', 'job.json')).equals(before)).toBe(true)
    expect(existsSync(path('forget', 'checkpoint.bin'))).toBe(false)
    expect(existsSync(path('forget', 'lock'))).toBe(false)

    const neuron = await json<{ windows: { activations: number[]; ids: number[]; tokenStart: number }[]; max: number }>(
      'neuron',
      path('forget'),
      'mlp:1:17',
    )
    expect(neuron).toMatchObject({ neuron: 'mlp:1:17', tokens: 1600, freq: expect.any(Number) })
    expect(neuron.windows).toHaveLength(20)
    const banded = await json<{
      bands: { windows: { ids: number[]; max: number; activations?: number[] }[] }[]
      histogram: { edges: number[]; counts: number[] }
    }>('neuron', path('forget'), 'mlp:1:17', '--activations')
    const shown = banded.bands.flatMap(({ windows }) => windows)
    expect(shown.length).toBeGreaterThan(10)
    for (const { ids, max, activations } of shown) {
      expect(activations).toHaveLength(ids.length)
      expect(Math.max(...(activations ?? []))).toBeCloseTo(max, 2)
    }
    expect(banded.histogram.edges).toHaveLength(63)
    expect(banded.histogram.counts.reduce((sum, count) => sum + count, 0)).toBe(1600)
    expect(Math.max(...(neuron.windows[0]?.activations ?? []))).toBeCloseTo(neuron.max, 2)
    expect(neuron.windows.every(({ tokenStart }) => tokenStart % 16 === 0)).toBe(true)
    const activations = neuron.windows.map(({ activations: own }) => Math.max(...own))
    expect(activations).toEqual(activations.toSorted((a, b) => b - a))
  })

  it('record of rows keeps short rows and names the row of each window', async () => {
    await json('record', model, path('table.csv'), '--text-column', 'text', '--window', '16', '--out', path('rows'))
    const { windows } = await json<{ windows: { row: number; ids: number[]; tokenStart: number }[] }>(
      'neuron',
      path('rows'),
      'attention:0:0',
    )
    expect(windows.map(({ row }) => row).toSorted((a, b) => a - b)).toEqual([0, 1, 2])
    expect(windows.every(({ ids, tokenStart }) => ids.length < 16 && tokenStart === 0)).toBe(true)
  })

  it('explain and forget-concepts write concepts, in the order asked for', async () => {
    writeFileSync(path('neurons.txt'), 'mlp:1:3\nattention:0:2\nmlp:0:9\n')
    const argv = ['explain', path('forget'), '--explainer', 'lexical', '--out', path('concepts.jsonl')]
    expect(await json(...argv, '--neurons', path('neurons.txt'))).toMatchObject({ concepts: 3 })
    const lines = readFileSync(path('concepts.jsonl'), 'utf8').trimEnd().split('\n')
    const concepts = lines.map((line) => conceptSchema.parse(JSON.parse(line)))
    expect(concepts.map(({ neuron }) => neuron)).toEqual(['mlp:1:3', 'attention:0:2', 'mlp:0:9'])
    expect(readdirSync(path()).filter((name) => /partial|lock/.test(name))).toEqual([])
    expect(await json(...argv, '--top', '2')).toMatchObject({ concepts: 2 })

    const found = await json<{ concepts: { text: string; weight: number }[] }>(
      'forget-concepts',
      path('cloze.txt'),
      '--reference',
      path('retain.txt'),
      '--extractor',
      'lexical',
      '--out',
      path('forget.jsonl'),
    )
    expect(found.concepts[0]?.weight).toBe(1)
    expect(readFileSync(path('forget.jsonl'), 'utf8').split('\n')[0]).toBe(JSON.stringify(found.concepts[0]))
  })

  it('rank and plan: a seeded order, a share of the ranked sites, and the true k of a short ranking', async () => {
    const ranked = await json('rank', 'random', '--model', model, '--seed', '3', '--out', path('random.jsonl'))
    expect(ranked).toMatchObject({ method: 'random', seed: 3, neuronCount: 192, ranked: 192 })
    await json(
      'rank',
      'activation-ratio',
      '--model',
      model,
      '--forget',
      path('forget'),
      '--retain',
      path('retain'),
      '--param',
      'epsilon=0.01',
      '--param',
      'sites=mlp,attention',
      '--out',
      path('ratio.jsonl'),
    )
    const header = JSON.parse(readFileSync(path('ratio.jsonl'), 'utf8').split('\n')[0] ?? '') as object
    expect(header).toMatchObject({ params: { epsilon: 0.01, sites: ['mlp', 'attention'] }, neuronCount: 240 })
    expect(await json('plan', path('ratio.jsonl'), '--top', '10%', '--out', path('plan.json'))).toMatchObject({ k: 24 })

    await json('explain', path('forget'), '--explainer', 'lexical', '--top', '6', '--out', path('few.jsonl'))
    const short = ['rank', 'keyword', '--model', model, '--concepts', path('few.jsonl'), '--out', path('keyword.jsonl')]
    const keyword = await json<{ ranked: number }>(...short, '--keywords', 'e,o,a')
    expect(keyword.ranked).toBeLessThanOrEqual(6)
    const planned = await snip(['plan', path('keyword.jsonl'), '--top', '50%', '--out', path('short.json'), '--json'])
    expect(JSON.parse(planned.out)).toMatchObject({ k: keyword.ranked, neuronCount: 192 })
    expect(planned.err).toContain(`k is ${keyword.ranked}`)
  })

  it('evaluate gives results with hashes, and a plan changes them', async () => {
    const argv = [
      'evaluate',
      model,
      '--metric',
      'lm',
      '--data',
      path('retain.txt'),
      '--window',
      '16',
      '--tokens',
      '800',
    ]
    const evaluation = evaluationSchema.parse(await json(...argv))
    const loss = evaluation.results['lossNats']
    expect(loss).toMatchObject({ ok: true, n: 50, planHash: null, params: { window: 16, tokens: 800 } })
    const pruned = evaluationSchema.parse(await json(...argv, '--plan', path('plan.json'))).results['lossNats']
    expect(pruned?.planHash).toMatch(/^[0-9a-f]{64}$/)
    expect([pruned?.modelHash, pruned?.dataHash]).toEqual([loss?.modelHash, loss?.dataHash])
    expect(pruned?.ok && loss?.ok && pruned.value !== loss.value).toBe(true)
  })

  it('evaluate answers cloze questions after the first 100 unless told otherwise', async () => {
    const argv = ['evaluate', model, '--metric', 'cloze', '--data', path('cloze.txt'), '--scorer', 'choice-only']
    const { results } = await json<Evaluation>(...argv)
    expect(results['accuracy']).toMatchObject({ n: 3, params: { scorer: 'choice-only', split: 'evaluation' } })
    expect((await json<Evaluation>(...argv, '--split', 'all')).results['accuracy']).toMatchObject({ n: 103 })
  })

  it('sweep writes one line per ranking, k and metric, and the unpruned model is the same on each', async () => {
    const argv = ['sweep', model, '--ranking', path('ratio.jsonl'), '--ranking', path('random.jsonl')]
    const rest = ['--grid', '0,5%,20', '--window', '16', '--tokens', '320', '--out', path('sweep')]
    const metrics = ['--metric', `lm:${path('forget.txt')}`, '--metric', `lm:${path('retain.txt')}`]
    expect(await json(...argv, ...metrics, ...rest)).toMatchObject({ points: 12 })
    const text = readFileSync(path('sweep', 'points.jsonl'), 'utf8')
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Line)
    interface Line extends Evaluation {
      k: number
      ranking: string
      data: string
    }
    expect(lines.map(({ k }) => k)).toEqual([0, 0, 12, 12, 20, 20, 0, 0, 10, 10, 20, 20])
    expect(lines[6]?.results).toEqual(lines[0]?.results)
    expect(lines[0]?.results['lossNats']?.planHash).toBeNull()
    const own = await value('lossNats', model, '--metric', 'lm', '--data', path('forget.txt'), ...rest.slice(2, 6))
    const first = lines[0]?.results['lossNats']
    expect(first?.ok ? first.value : null).toBe(own)
    await json(...argv, ...metrics, ...rest)
    expect(readFileSync(path('sweep', 'points.jsonl'), 'utf8')).toBe(text)
  })

  it.each(['zeroed', 'compact'])(
    'export %s writes a verified file that measures like the plan',
    async (realisation) => {
      mkdirSync(path(realisation))
      const out = path(realisation, 'pruned.onnx')
      const argv = ['export', model, '--plan', path('plan.json'), '--realisation', realisation, '--out', out]
      const exported = await json<{ manifest: string; verification: object }>(...argv)
      expect(exported.verification).toMatchObject({ passed: true, sameGreedyText: true })
      expect(readdirSync(path(realisation)).toSorted()).toEqual([
        'pruned.manifest.json',
        'pruned.onnx',
        'pruned.timing.log',
        'tokenizer.json',
        'tokenizer_config.json',
      ])
      expect(readFileSync(exported.manifest, 'utf8')).not.toContain(path())
      const data = ['--metric', 'lm', '--data', path('retain.txt'), '--window', '16', '--tokens', '800']
      const masked = await value('lossNats', model, ...data, '--plan', path('plan.json'))
      expect(await value('lossNats', out, ...data)).toBeCloseTo(masked, realisation === 'zeroed' ? 12 : 5)
      const again = await snip(argv)
      expect([again.code, again.errLines.length]).toEqual([2, 1])
    },
  )

  it('a text has the same log-probabilities with two threads as with one', async () => {
    const read = async (threads: string) =>
      (await json<{ logprobs: number[] }>('logprobs', model, '--text', someText(6), '--threads', threads)).logprobs
    const [one, two] = [await read('1'), await read('2')]
    expect(two).toHaveLength(one.length)
    for (const [i, logprob] of one.entries()) expect(two[i]).toBeCloseTo(logprob, 5)
  })

  it('doctor names versions, providers, threads, memory and the cache folder', async () => {
    const found = await json<{ providers: { provider: string; works: boolean }[] }>('doctor', '--threads', '2')
    expect(found).toMatchObject({
      threads: { used: 2 },
      cacheFolder: { path: path('cache', 'snip-workbench'), writable: true },
    })
    expect(found.providers.find(({ provider }) => provider === 'cpu')?.works).toBe(true)
  })
})
