import { describe, expect, test } from 'vitest'
import type { ModelCard } from '../../../src/contract/workbench/model.ts'
import { estimateMemory } from '../../../src/main/services/models/memory-estimate.ts'

const mebibyte = 1024 * 1024

/** GPT-2 small as its config.json and headers tell it. */
const gpt2Small: ModelCard = {
  path: '/models/gpt2',
  source: 'checkpoint',
  family: 'gpt2',
  familyName: 'GPT-2',
  objective: 'causal',
  vocabularySize: 50257,
  contextLength: 1024,
  width: 768,
  layers: 12,
  headCounts: Array.from({ length: 12 }, () => 12),
  keyValueHeadCounts: Array.from({ length: 12 }, () => 12),
  headWidth: 64,
  neurons: { mlp: Array.from({ length: 12 }, () => 3072), attention: Array.from({ length: 12 }, () => 768) },
  weightTypes: ['F32'],
  parameters: 124_439_808,
  weightBytes: 124_439_808 * 4,
  tiedHead: true,
  positions: 'learned',
  tokenizer: { vocabularySize: 50257, beginId: null, endId: 50256 },
  provider: { used: 'cpu', refused: [] },
}

const bytesOf = (card: ModelCard, purpose: string, free = 0) =>
  estimateMemory(card, free).purposes.find((each) => each.purpose === purpose)!.bytes

describe('the memory that a model takes', () => {
  const base = 200 * mebibyte + gpt2Small.weightBytes
  const head = 50257 * 768
  const blocks = 124_439_808 - head
  const neurons = 12 * (3072 + 768)
  const between = (tokens: number) => 4 * tokens * (4 * 3072 + 8 * 768)

  test('follows the stated formula for each purpose', () => {
    expect(bytesOf(gpt2Small, 'record')).toBe(base + 4 * blocks + neurons * (5016 + 4 * 512) + between(512))
    const tokens = Math.floor((32 * mebibyte) / 50257)
    expect(bytesOf(gpt2Small, 'evaluate')).toBe(base + 4 * (blocks + head) + 12 * tokens * 50257 + between(tokens))
    const cache = 2 * 4 * 144 * 64 * 1024
    expect(bytesOf(gpt2Small, 'generate')).toBe(base + 4 * (blocks + head) + 2 * cache + 4 * 50257 + between(64))
    expect(bytesOf(gpt2Small, 'export')).toBe(base + gpt2Small.weightBytes + 40 * 128 * 50257 + between(128))
  })

  test('fits up to the last byte that is free', () => {
    const record = bytesOf(gpt2Small, 'record')
    expect(estimateMemory(gpt2Small, record).purposes[0]).toEqual({ purpose: 'record', bytes: record, fits: true })
    expect(estimateMemory(gpt2Small, record - 1).purposes[0]!.fits).toBe(false)
  })

  test('counts the widened copies of half-precision weights', () => {
    const half: ModelCard = { ...gpt2Small, weightTypes: ['F16'], weightBytes: gpt2Small.weightBytes / 2 }
    const halved = gpt2Small.weightBytes / 2
    expect(bytesOf(half, 'record')).toBe(bytesOf(gpt2Small, 'record') - halved)
    expect(bytesOf(half, 'export')).toBe(bytesOf(gpt2Small, 'export') - 2 * halved + 8 * gpt2Small.parameters)
  })
})
