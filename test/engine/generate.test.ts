import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Plan } from '../../src/contract/files.ts'
import { decodeFloat32 } from '../../src/main/engine-host/client/bulk.ts'
import { makeGpt2 } from '../support/models/gpt2.ts'
import { endOfText, smallVocabulary, tokenizerPieces } from '../support/models/tokenizer.ts'
import { writeSafetensors } from '../support/models/safetensors.ts'
import { expectFailure, failureOf, planOf, scratchFolder } from './expectations.ts'
import { openHandle, writeCase } from './families.ts'
import { readStream, startHost, type TestHost } from './host.ts'

const work = scratchFolder('generate')
let host: TestHost

beforeAll(async () => {
  host = await startHost()
})
afterAll(() => host.stop())

interface Settings {
  readonly maxNewTokens: number
  readonly temperature?: number
  readonly seed?: number
  readonly plan?: Plan | null
}

async function generate(handle: string, ids: readonly number[], settings: Settings) {
  const { plan = null, maxNewTokens, temperature = 0, seed = 0 } = settings
  const input = { handle, ids: [...ids], plan, settings: { maxNewTokens, temperature, seed } }
  const { events, done } = await readStream(host.client.generate(input))
  return { events, ids: done.ids, text: done.text }
}

const endId = smallVocabulary - 1

/** Greedy continuation by running the whole sequence again for every token. */
async function recomputed(handle: string, prompt: readonly number[], count: number, plan: Plan | null) {
  const ids = [...prompt]
  for (let step = 0; step < count; step++) {
    const { lastLogits } = await host.client.logprobs({ handle, ids, plan })
    const logits = decodeFloat32(lastLogits)
    const id = logits.reduce((best, logit, at) => (logit > logits[best]! ? at : best), 0)
    ids.push(id)
    if (id === endId) break
  }
  return ids.slice(prompt.length)
}

describe.each(['gpt2-bf16-untied', 'llama-head-width-f16', 'llama-one-key-value-head-sharded'])(
  'generation (%s)',
  (name) => {
    const { checkpoint, ids } = writeCase(work, name)
    let handle: string

    beforeAll(async () => {
      handle = (await openHandle(host, checkpoint.directory)).handle
    })

    test.each([
      ['the whole model', null],
      ['a pruned model', planOf(['mlp:0:1', 'mlp:1:2', 'attention:0:3', 'attention:1:0'])],
    ])('is greedy as %s recomputed token by token, from long and short prompts', async (_, plan) => {
      for (const length of [1, 2, 9, ids.length]) {
        const prompt = ids.slice(0, length)
        const { ids: generated } = await generate(handle, prompt, { maxNewTokens: 12, plan })
        expect(generated).toEqual(await recomputed(handle, prompt, 12, plan))
      }
    })

    test('gives the same text for the same seed, and another for another', async () => {
      const settings = { maxNewTokens: 10, temperature: 1 }
      const texts = new Set<string>()
      for (const seed of [1, 2, 3, 4, 5]) {
        const once = await generate(handle, ids.slice(0, 4), { ...settings, seed })
        expect(await generate(handle, ids.slice(0, 4), { ...settings, seed })).toEqual(once)
        texts.add(once.text)
      }
      expect(texts.size).toBeGreaterThan(3)
    })

    test('stops after the tokens asked for, and where the context ends', async () => {
      const sampled = { temperature: 1, seed: 12 }
      const three = await generate(handle, ids.slice(0, 5), { maxNewTokens: 3, ...sampled })
      expect(three.ids.length).toBe(3)
      const many = await generate(handle, ids.slice(0, 5), { maxNewTokens: 1000, ...sampled })
      expect(many.ids.slice(0, 3)).toEqual(three.ids)
      // The token after a full context is predicted, but cannot be read any more.
      const end = many.ids.indexOf(endId)
      expect(many.ids).toHaveLength(end === -1 ? checkpoint.context - 5 + 1 : end + 1)
      const full = Array.from({ length: checkpoint.context }, (_, i) => i)
      expect((await generate(handle, full, { maxNewTokens: 9 })).ids).toHaveLength(1)
    })

    test('streams text that joins to the whole, characters of many bytes included', async () => {
      let multiByte = 0
      for (const seed of [1, 2, 3, 4, 5, 6]) {
        const {
          events,
          ids: generated,
          text,
        } = await generate(handle, ids.slice(0, 2), {
          maxNewTokens: 28,
          temperature: 3,
          seed,
        })
        expect(events.map((event) => event.text).join('')).toBe(text)
        const decoded = await host.client.decode({ handle, ids: generated, skipSpecialTokens: true })
        expect(text).toBe(decoded.text)
        multiByte += [...text].filter((character) => character.charCodeAt(0) > 127).length
      }
      expect(multiByte).toBeGreaterThan(10)
    })
  },
)

/** A model that writes its tokens in a fixed cycle: each token's last hidden state is the head row of the next one. */
function makeCycle(name: string, cycle: readonly number[]): string {
  const width = 32
  const { directory, tensors } = makeGpt2(join(work, name), { width, layers: 1, tied: false, context: 48 })
  const changed = tensors.map((tensor) => {
    const values = new Float32Array(tensor.values.length)
    if (/ln_.*weight$/.test(tensor.name)) values.fill(1)
    for (const [at, id] of cycle.entries()) {
      const next = cycle[(at + 1) % cycle.length]!
      // A column pair of its own per token: mean 0, so that the norms keep its direction.
      if (tensor.name.endsWith('wte.weight')) values.set([1, -1], id * width + 2 * at)
      if (tensor.name === 'lm_head.weight') values.set([1, -1], next * width + 2 * at)
    }
    return { ...tensor, values }
  })
  writeSafetensors(join(directory, 'model.safetensors'), changed)
  return directory
}

describe('streaming', () => {
  test('gives a character of four bytes whole, with its last token', async () => {
    const pieces = tokenizerPieces()
    const probe = await openHandle(host, makeGpt2(join(work, 'probe')).directory)
    const { ids: bytes } = await host.client.encode({ handle: probe.handle, text: 'é🙂', specialTokens: false })
    expect(bytes).toHaveLength(6)
    const opened = await openHandle(host, makeCycle('cycle', bytes))
    const { events, ids, text } = await generate(opened.handle, [bytes[5]!], { maxNewTokens: 9 })
    expect(ids).toEqual([...bytes, ...bytes.slice(0, 3)])
    expect(events.map((event) => event.text)).toEqual(['', 'é', '', '', '', '🙂', '', 'é', '', '\uFFFD'])
    expect(text).toBe('é🙂é\uFFFD')
    expect(pieces[bytes[0]!]).toHaveLength(1)
  })

  test('keeps the space before the first word, which a decoder strips at the start of a text only', async () => {
    const directory = makeCycle('space', [10, 11, 12])
    const file = join(directory, 'tokenizer.json')
    const tokenizer = JSON.parse(readFileSync(file, 'utf8'))
    const pieces: Record<number, string> = { 10: '\u2581Once', 11: '\u2581upon', 12: '\u2581a' }
    const vocab = Object.fromEntries(tokenizerPieces().map((piece, id) => [pieces[id] ?? piece, id]))
    tokenizer.model = { ...tokenizer.model, vocab, merges: [], byte_fallback: true }
    tokenizer.decoder = {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: '\u2581' }, content: ' ' },
        { type: 'ByteFallback' },
        { type: 'Fuse' },
        { type: 'Strip', content: ' ', start: 1, stop: 0 },
      ],
    }
    writeFileSync(file, JSON.stringify(tokenizer))
    const { handle } = await openHandle(host, directory)
    const { events, text } = await generate(handle, [10], { maxNewTokens: 2 })
    expect(text).toBe(' upon a')
    expect(events.map((event) => event.text)).toEqual([' upon', ' a'])
  })

  test('ends at the end of text, whose token is no text', async () => {
    expect(tokenizerPieces()[endId]).toBe(endOfText)
    const opened = await openHandle(host, makeCycle('ends', [10, 11, 12, endId]))
    const { ids, text, events } = await generate(opened.handle, [10], { maxNewTokens: 40 })
    expect(ids).toEqual([11, 12, endId])
    expect(events.map((event) => event.text).join('')).toBe(text)
    expect(text).toBe(tokenizerPieces().slice(11, 13).join(''))
  })
})

describe('a generation that is cancelled', () => {
  test('ends as cancelled within a token, and the host answers the next call', async () => {
    const { directory } = makeGpt2(join(work, 'slow'), { width: 96, layers: 4, context: 1024 })
    const { handle } = await openHandle(host, directory)
    const input = { handle, ids: [1, 2, 3], plan: null, settings: { maxNewTokens: 1000, temperature: 1, seed: 5 } }
    const stop = new AbortController()
    const seen: number[] = []
    const error = await failureOf(async () => {
      for await (const event of await host.client.generate(input, { signal: stop.signal })) {
        if (event.kind === 'token') seen.push(event.id)
        if (seen.length === 5) stop.abort()
      }
    })
    expect(error).toMatchObject({ kind: 'cancelled', message: 'Cancelled' })
    expect(seen.length).toBeLessThan(10)
    const answered = performance.now()
    await host.client.encode({ handle, text: 'and', specialTokens: false })
    expect(performance.now() - answered).toBeLessThan(1500)
    // A reader that stops reading cancels, too.
    let read = 0
    for await (const event of await host.client.generate(input)) {
      expect(event.kind).toBe('token')
      if (++read === 3) break
    }
    expect(read).toBe(3)
    const { ids } = await generate(handle, [1, 2, 3], { maxNewTokens: 5, temperature: 1, seed: 5 })
    expect(ids).toEqual(seen.slice(0, 5))
  })

  test('before it began is refused as cancelled', async () => {
    const { directory } = makeGpt2(join(work, 'never'))
    const { handle } = await openHandle(host, directory)
    const input = { handle, ids: [1], plan: null, settings: { maxNewTokens: 5, temperature: 0, seed: 0 } }
    const call = () => readStream(host.client.generate(input, { signal: AbortSignal.abort() }))
    expect(await failureOf(call)).toMatchObject({ kind: 'cancelled' })
  })
})

describe('a prompt is refused when', () => {
  let handle: string
  beforeAll(async () => {
    handle = (await openHandle(host, makeGpt2(join(work, 'prompts')).directory)).handle
  })

  test.each([
    ['it is empty', [], 'holds no tokens'],
    ['it is longer than the context', Array.from({ length: 33 }, () => 1), 'holds 33 tokens'],
    ['it holds a token that the model does not know', [1, smallVocabulary], `token ${smallVocabulary}`],
  ])('%s', async (_, ids, says) => {
    await expectFailure(() => generate(handle, ids, { maxNewTokens: 3 }), 'bad-argument', says)
    await expectFailure(() => host.client.logprobs({ handle, ids: [...ids], plan: null }), 'bad-argument', says)
  })
})
