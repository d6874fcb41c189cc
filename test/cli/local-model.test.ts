import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { Socket } from 'node:net'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { conceptSchema, type Concept } from '../../src/contract/files.ts'
import { makeSmallChatModel } from '../support/models/small-chat-model.ts'
import { snipIn, someText } from './snip.ts'

const { path, json, snip } = snipIn('local-model')

beforeAll(async () => {
  makeSmallChatModel(path('chat'), { context: 4096 })
  writeFileSync(path('text.txt'), someText(400))
  writeFileSync(path('neurons.txt'), 'mlp:0:5\nmlp:2:7\n')
  const record = ['record', path('chat'), path('text.txt'), '--window', '8', '--sites', 'mlp']
  await json(...record, '--out', path('recording'))
})

const explain = (out: string, model: string, ...more: string[]) => {
  const what = ['explain', path('recording'), '--explainer', 'openai-original', '--neurons', path('neurons.txt')]
  return [...what, '--local-model', path(model), '--out', path(out), ...more]
}

function conceptsOf(name: string): Concept[] {
  const lines = readFileSync(path(name), 'utf8').trimEnd().split('\n')
  return lines.map((line) => conceptSchema.parse(JSON.parse(line)))
}

describe('snip explain --local-model', () => {
  it('explains and scores with a model in a folder; nothing leaves the computer and the ledger stays empty', async () => {
    const connected = vi.spyOn(Socket.prototype, 'connect')
    const fetched = vi.spyOn(globalThis, 'fetch')
    const done = await json<{ spending: Record<string, number> }>(
      ...explain('first.jsonl', 'chat', '--top', '1', '--scorer', 'simulation-echo', '--offline'),
    )
    expect(connected).not.toHaveBeenCalled()
    expect(fetched).not.toHaveBeenCalled()
    vi.restoreAllMocks()
    expect(await json('ledger')).toMatchObject({ entries: [] })
    const concepts = conceptsOf('first.jsonl')
    expect(concepts).toMatchObject([{ neuron: 'mlp:0:5', author: 'local/chat' }])
    // What so small a model says is hardly English, and not always a sentence: then there is a reason.
    const named = concepts.filter(({ status }) => status === 'suggested')
    expect(named.length).toBeGreaterThan(0)
    expect(concepts.filter(({ status, reason }) => status === 'failed' && reason === undefined)).toEqual([])
    for (const { text, score, scoreKind } of named) {
      expect(text).toMatch(/\w/)
      expect(scoreKind).toBe('pearson-simulation-echo, calibration none, local/chat')
      expect(Math.abs(score ?? 2)).toBeLessThanOrEqual(1)
    }
    expect(done.spending).toMatchObject({ cost: 0, reused: 0 })
    expect(done.spending['calls']).toBeGreaterThan(4)

    // The same again is answered from what is kept: the same file, byte for byte, and not one request.
    const again = await json<{ spending: Record<string, number> }>(
      ...explain('second.jsonl', 'chat', '--top', '1', '--scorer', 'simulation-echo'),
    )
    expect(again.spending).toMatchObject({ calls: 0, reused: done.spending['calls'] })
    expect(readFileSync(path('second.jsonl'), 'utf8')).toBe(readFileSync(path('first.jsonl'), 'utf8'))
    // What it simulated lies beside, for each neuron that it named.
    const [first = '', second] = ['first', 'second'].map((name) =>
      readFileSync(path(`${name}.jsonl.simulations.jsonl`), 'utf8'),
    )
    expect(second).toBe(first)
    expect(first.trimEnd().split('\n')).toHaveLength(named.length)
  })

  it('counts by the tokenizer and the template of the model', async () => {
    const estimate = await json(...explain('none.jsonl', 'chat', '--samples', '2', '--estimate'))
    expect(estimate).toMatchObject({
      host: 'this computer',
      model: 'chat',
      calls: 3,
      answered: 1,
      mostCost: 0,
      tokenizer: { name: "the model's own", exact: true },
    })
  })

  it('takes an ONNX file in its folder, with the template that lies beside it', async () => {
    writeFileSync(path('none.json'), JSON.stringify({ version: 1, neurons: ['mlp:0:0'], replacement: 'zero' }))
    const written = ['export', path('chat'), '--plan', path('none.json'), '--realisation', 'zeroed']
    await json(...written, '--format', 'onnx-folder', '--out', path('as-onnx'))
    copyFileSync(path('chat', 'tokenizer_config.json'), path('as-onnx', 'tokenizer_config.json'))
    const { concepts, explained, failed } = await json<Record<string, number>>(
      ...explain('as-onnx.jsonl', 'as-onnx', '--top', '1'),
    )
    expect(concepts).toBe(1)
    expect(explained! + failed!).toBe(1)
    for (const { author, reason = '' } of conceptsOf('as-onnx.jsonl')) {
      expect(author).toBe('local/as-onnx')
      expect(reason).not.toMatch(/engine|context|template/)
    }
  })

  it('refuses a model without a template by its name', async () => {
    makeSmallChatModel(path('speechless'), { context: 4096, template: null })
    const { code, errLines } = await snip(explain('speechless.jsonl', 'speechless'))
    expect(code).toBe(2)
    expect(errLines).toHaveLength(1)
    expect(errLines[0]).toContain('speechless has no chat template')
    expect(existsSync(path('speechless.jsonl'))).toBe(false)
  })

  it('gives neurons whose question does not fit the context a reason, and no concept', async () => {
    makeSmallChatModel(path('short'), { context: 256 })
    expect(await json(...explain('short.jsonl', 'short'))).toMatchObject({ explained: 0, failed: 2 })
    for (const { text, status, reason } of conceptsOf('short.jsonl')) {
      expect({ text, status }).toEqual({ text: '', status: 'failed' })
      expect(reason).toMatch(/^The question takes \d+ tokens and its answer up to \d+: short has a context of 256$/)
    }
  })

  it('names what is wrong with its folder', async () => {
    mkdirSync(path('empty'))
    const cases: [string, string][] = [
      ['nowhere', 'There is no language model at'],
      ['empty', 'empty holds neither a checkpoint nor an ONNX file'],
    ]
    for (const [folder, why] of cases) {
      const { code, err } = await snip(explain('wrong.jsonl', folder))
      expect(code).toBe(2)
      expect(err).toContain(why)
    }
    const both = await snip(explain('wrong.jsonl', 'chat', '--provider-url', 'http://localhost:1/v1'))
    expect(both.code).toBe(2)
    expect(both.err).toContain('exclude each other')
  })

  it('needs log probabilities of answers that it does not give for one scorer, and says so', async () => {
    const { code, err } = await snip(explain('wrong.jsonl', 'chat', '--scorer', 'simulation-logprobs'))
    expect(code).toBe(2)
    expect(err).toContain('gives no log probabilities')
  })
})
