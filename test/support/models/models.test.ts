import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Tokenizer } from 'tokenizers'
import { afterAll, describe, expect, test } from 'vitest'
import { checkpointSha256 } from './checkpoint.ts'
import { bfloat16Bits, float16Bits, fromBfloat16Bits, fromFloat16Bits } from './dtype.ts'
import { makeGpt2 } from './gpt2.ts'
import { makeLlama } from './llama.ts'
import { planted, plantedLogits, plantedLogprobs } from './planted.ts'
import { readReference, referenceCases } from './reference-cases.ts'
import { readSafetensors, writeSafetensors } from './safetensors.ts'
import { endOfText, idOfByte, smallVocabulary, tokenizerPieces, writeTokenizer } from './tokenizer.ts'

const work = mkdtempSync(join(tmpdir(), 'snip-models-'))
afterAll(() => rmSync(work, { recursive: true, force: true }))
const folder = (name: string): string => {
  mkdirSync(join(work, name), { recursive: true })
  return join(work, name)
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length)
  let largest = 0
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs(a[i]! - b[i]!))
  return largest
}

describe('16-bit numbers', () => {
  test('every F16 and BF16 number survives a round trip', () => {
    for (let bits = 0; bits < 65536; bits++) {
      const half = fromFloat16Bits(bits)
      if (!Number.isNaN(half) && float16Bits(half) !== bits) throw new Error(`F16 bits ${bits}`)
      const brain = fromBfloat16Bits(bits)
      if (!Number.isNaN(brain) && bfloat16Bits(brain) !== bits) throw new Error(`BF16 bits ${bits}`)
    }
    expect(float16Bits(NaN)).toBe(0x7e00)
    expect(fromBfloat16Bits(bfloat16Bits(NaN))).toBeNaN()
  })

  test('numbers between are rounded to the nearest, ties to even', () => {
    expect(float16Bits(1 + 2 ** -11)).toBe(0x3c00)
    expect(float16Bits(1 + 3 * 2 ** -11)).toBe(0x3c02)
    expect(float16Bits(1 + 2 ** -11 + 2 ** -20)).toBe(0x3c01)
    expect(float16Bits(2 ** -25)).toBe(0)
    expect(float16Bits(3 * 2 ** -25)).toBe(2)
    expect(float16Bits(2 ** -14 - 2 ** -26)).toBe(0x0400)
    expect([float16Bits(65519), float16Bits(-65520)]).toEqual([0x7bff, 0xfc00])
    expect(bfloat16Bits(1 + 2 ** -8)).toBe(0x3f80)
    expect(bfloat16Bits(1 + 3 * 2 ** -8)).toBe(0x3f82)
    expect(bfloat16Bits(-1 - 2 ** -8 - 2 ** -20)).toBe(0xbf81)
  })
})

describe('a checkpoint folder', () => {
  test('has its weights readable, the header a multiple of eight bytes long', () => {
    const path = join(folder('one'), 'a.safetensors')
    const values = Float32Array.of(1, -2.5, 0.1)
    writeSafetensors(path, [
      { name: 'a', dtype: 'F32', shape: [3], values },
      { name: 'b', dtype: 'F16', shape: [3, 1], values },
    ])
    const bytes = readFileSync(path)
    expect(Number(bytes.readBigUInt64LE(0)) % 8).toBe(0)
    const tensors = readSafetensors(path)
    expect(tensors.get('a')).toEqual({ name: 'a', dtype: 'F32', shape: [3], values })
    expect(tensors.get('b')?.values).toEqual(Float32Array.of(1, -2.5, fromFloat16Bits(0x2e66)))
  })

  test('says in its index which shard holds each tensor', () => {
    const { directory, files, tensors } = makeGpt2(folder('shards'), { shards: 3 })
    const index = JSON.parse(readFileSync(join(directory, 'model.safetensors.index.json'), 'utf8')) as {
      metadata: { total_size: number }
      weight_map: Record<string, string>
    }
    expect(files).toHaveLength(3)
    expect(Object.keys(index.weight_map)).toEqual(tensors.map(({ name }) => name))
    for (const { name, values } of tensors) {
      const tensor = readSafetensors(join(directory, index.weight_map[name]!)).get(name)
      expect(tensor?.values).toEqual(values)
    }
    expect(index.metadata.total_size).toBe(tensors.reduce((sum, { values }) => sum + 4 * values.length, 0))
  })

  test('differs by seed alone', () => {
    const sha = (name: string, seed: number): string => checkpointSha256(makeLlama(folder(name), { seed }))
    expect(sha('a', 5)).toBe(sha('b', 5))
    expect(sha('a', 5)).not.toBe(sha('c', 6))
  })

  test('has a tokenizer that the official library reads alike', async () => {
    const directory = folder('tokenizer')
    writeTokenizer(directory, 32)
    const tokenizer = Tokenizer.fromFile(join(directory, 'tokenizer.json'))
    const pieces = tokenizerPieces()
    expect(pieces).toHaveLength(smallVocabulary)
    expect(tokenizer.getVocabSize(true)).toBe(smallVocabulary)
    for (const text of ['and the king, 12 (quiz) "x"', 'naïve 🙂\n\0']) {
      const ids = (await tokenizer.encode(text, null, { addSpecialTokens: false })).getIds()
      expect(await tokenizer.decode(ids, false)).toBe(text)
    }
    const ids = (await tokenizer.encode(`and the${endOfText}q`)).getIds()
    expect(ids.map((id) => pieces[id])).toEqual(['and', 'Ġthe', endOfText, 'q'])
    expect(ids.at(-1)).toBe(idOfByte('q'))
  })
})

describe.each(referenceCases)('the reference case $name', (reference) => {
  test('is made of the bytes that the answers were recorded from', () => {
    const checkpoint = reference.make(folder(reference.name))
    const recorded = readReference(reference)
    expect(checkpointSha256(checkpoint)).toBe(recorded.sha256)
    const { ids, masks, observed } = reference.request(checkpoint)
    expect(recorded.ids).toEqual(ids)
    expect(Object.keys(recorded.activations)).toEqual(observed)
    expect(recorded.masked.map(({ name, neurons }) => ({ name, neurons }))).toEqual(
      masks.map(({ name, neurons }) => ({ name, neurons })),
    )
    expect(recorded.lastLogits).toHaveLength(checkpoint.vocabulary)
    expect(statSync(reference.file).size).toBeLessThan(40_000)
  })

  test('has masks that are felt, well above rounding, but for the noisy neurons of the planted model', () => {
    const { masked, logprobs, lastLogits, float32Difference } = readReference(reference)
    expect(float32Difference).toBeLessThan(1e-5)
    for (const mask of masked) {
      const largest = Math.max(
        largestDifference(mask.logprobs, logprobs),
        largestDifference(mask.lastLogits, lastLogits),
      )
      expect(largest > 1e-3).toBe(!mask.name.startsWith('a noisy neuron'))
      expect(largest > 0).toBe(largest > 1e-3)
    }
  })
})

describe('the planted model', () => {
  const reference = referenceCases.find(({ name }) => name === 'gpt2-planted')!
  const recorded = readReference(reference)

  test('behaves as its closed form says, whole and with each neuron removed', () => {
    for (const { neurons, logprobs, lastLogits } of [{ ...recorded, neurons: [] }, ...recorded.masked]) {
      expect(largestDifference(plantedLogprobs(recorded.ids, neurons), logprobs)).toBeLessThan(1e-6)
      expect(largestDifference(plantedLogits(recorded.ids, neurons).at(-1)!, lastLogits)).toBeLessThan(1e-6)
    }
  })

  test('loses the one behaviour of a removed neuron and nothing else', () => {
    for (const { neuron, triggerId, writesId } of planted.neurons.slice(0, -1)) {
      const { logprobs } = recorded.masked.find((mask) => mask.neurons.length === 1 && mask.neurons[0] === neuron)!
      const firstTrigger = recorded.ids.indexOf(triggerId)
      expect(recorded.ids[firstTrigger + 1]).toBe(writesId)
      expect(recorded.logprobs[firstTrigger]).toBeGreaterThan(-0.01)
      expect(logprobs[firstTrigger]).toBeCloseTo(-Math.log(smallVocabulary), 6)
      const changed = logprobs.map((logprob, position) => logprob !== recorded.logprobs[position])
      expect(changed).toEqual(recorded.ids.slice(0, -1).map((id) => id === triggerId))
    }
  })

  test('has neurons that are exactly 0 but where their trigger is or, for attention, has been', () => {
    for (const { neuron, triggerId, activationAlone } of planted.neurons) {
      const activations = recorded.activations[neuron]!
      const first = recorded.ids.indexOf(triggerId)
      const isAttention = neuron.startsWith('attention')
      expect(activations[first]).toBeCloseTo(isAttention ? activationAlone / (first + 1) : activationAlone, 5)
      expect(activations.map((activation) => activation > 0)).toEqual(
        recorded.ids.map((id, position) => (isAttention ? position >= first : id === triggerId)),
      )
      expect(Math.abs(Math.min(...activations))).toBe(0)
    }
  })

  test('gives equal chances to all tokens where the neuron that wrote is gone', () => {
    const q = planted.neurons[0]!
    const u = idOfByte('u')
    expect(plantedLogprobs([q.triggerId, u])[0]).toBeGreaterThan(-0.01)
    expect(plantedLogprobs([q.triggerId, u], [q.neuron])[0]).toBeCloseTo(-Math.log(smallVocabulary), 12)
  })
})
