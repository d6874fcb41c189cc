import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ProviderId } from '../../src/contract/engine-host.ts'
import type { Plan } from '../../src/contract/files.ts'
import { decodeFloat32 } from '../../src/main/engine-host/client/bulk.ts'
import { nodeLauncher, startEngineHost } from '../../src/main/engine-host/client/engine-host-process.ts'
import { softwareVulkan } from '../support/software-vulkan.ts'
import { expectFailure, largestDifference, planOf, scratchFolder } from './expectations.ts'
import { writeCase } from './families.ts'
import { doneOf, engineHostFile, type TestHost } from './host.ts'
import { readArrays } from './recorded.ts'
import { randomText } from './texts.ts'

const work = scratchFolder('webgpu')
const compiling = 180_000
let host: TestHost

/** A host whose only graphics card is the one that these variables name. */
async function hostUnder(environment: Record<string, string>): Promise<TestHost> {
  const launch = nodeLauncher()
  const lines: string[] = []
  const started = startEngineHost({
    hostFile: await engineHostFile(),
    log: (line) => lines.push(line),
    launch: (how) => launch({ ...how, environment: { ...how.environment, ...environment } }),
  })
  return Object.defineProperty(started, 'lines', { value: lines }) as TestHost
}

beforeAll(async () => {
  host = await hostUnder(softwareVulkan())
})
afterAll(() => host.stop())

const largest = (values: ArrayLike<number>) =>
  Array.from(values).reduce((most, value) => Math.max(most, Math.abs(value)), 0)

/** The largest difference, as a part of the largest value of the reference. */
const relative = (reference: ArrayLike<number>, other: ArrayLike<number>): number =>
  largestDifference(reference, other) / largest(reference)

const removed = planOf(['mlp:0:1', 'mlp:1:30', 'attention:0:2', 'attention:1:23'])
const documents = [{ text: randomText(1, 40) }]

test('WebGPU starts on the processor, and is told from a provider that does not', { timeout: compiling }, async () => {
  const { providers } = await host.client.probe()
  expect(providers.map(({ provider }) => provider)).toEqual(['cuda', 'dml', 'coreml', 'webgpu', 'cpu'])
  expect(providers.find(({ provider }) => provider === 'webgpu')).toEqual({
    provider: 'webgpu',
    works: true,
    reason: null,
  })
})

describe.each(['gpt2-f32', 'llama-grouped-tied'])('%s on WebGPU has the numbers of the processor:', (name) => {
  const { checkpoint, ids } = writeCase(work, name)
  const handles = {} as Record<'cpu' | 'webgpu', string>

  beforeAll(async () => {
    for (const provider of ['cpu', 'webgpu'] as const) {
      const { directory: path } = checkpoint
      handles[provider] = (await host.client.open({ path, tokenizer: null, threads: 1, provider })).handle
    }
  }, compiling)

  const onBoth = async <T>(measure: (handle: string, provider: ProviderId) => Promise<T>): Promise<[T, T]> => [
    await measure(handles.cpu, 'cpu'),
    await measure(handles.webgpu, 'webgpu'),
  ]
  const plans: [string, Plan | null][] = [
    ['whole', null],
    ['pruned', removed],
  ]

  test.each(plans)('logits, %s', { timeout: compiling }, async (_, plan) => {
    const [cpu, webgpu] = await onBoth((handle) => host.client.logprobs({ handle, ids, plan }))
    expect(relative(decodeFloat32(cpu.lastLogits), decodeFloat32(webgpu.lastLogits))).toBeLessThanOrEqual(1e-5)
    expect(relative(cpu.logprobs, webgpu.logprobs)).toBeLessThanOrEqual(1e-5)
  })

  test('losses, pruned', { timeout: compiling }, async () => {
    const [cpu, webgpu] = await onBoth(async (handle) => {
      const { corpus } = await host.client.corpus({ handle, documents, keepShort: false, window: 16, tokens: null })
      return decodeFloat32((await doneOf(host.client.losses({ handle, corpus, plan: removed, ranks: false }))).losses)
    })
    expect(cpu.length).toBeGreaterThan(30)
    expect(relative(cpu, webgpu)).toBeLessThanOrEqual(1e-5)
  })

  test('a recording', { timeout: compiling }, async () => {
    const [cpu, webgpu] = await onBoth(async (handle, provider) => {
      const { corpus } = await host.client.corpus({ handle, documents, keepShort: false, window: 16, tokens: null })
      const directory = join(work, `${name}-${provider}`)
      mkdirSync(directory)
      await doneOf(host.client.record({ handle, corpus, directory, sites: ['mlp', 'attention'], seed: 1 }))
      return readArrays(directory)
    })
    // Counts, sums, sums of magnitudes, of squares, largest values.
    const neurons = cpu.statistics.length / 5
    for (let kind = 0; kind < 5; kind++) {
      const part = (values: Float64Array) => values.subarray(kind * neurons, (kind + 1) * neurons)
      expect(relative(part(cpu.statistics), part(webgpu.statistics)), `statistic ${kind}`).toBeLessThanOrEqual(1e-5)
    }
    const found = cpu.topMaxima.filter(Number.isFinite)
    expect(found.length).toBeGreaterThan(neurons)
    expect(relative(found, webgpu.topMaxima.filter(Number.isFinite))).toBeLessThanOrEqual(1e-5)
    expect(webgpu.sampleWindows).toEqual(cpu.sampleWindows)
  })

  test('greedy text, pruned', { timeout: compiling }, async () => {
    const settings = { maxNewTokens: 6, temperature: 0, seed: 0 }
    const [cpu, webgpu] = await onBoth((handle) =>
      doneOf(host.client.generate({ handle, ids: ids.slice(0, 5), plan: removed, settings })),
    )
    expect(webgpu.ids).toEqual(cpu.ids)
    expect(webgpu.ids.length).toBeGreaterThan(0)
  })
})

test('without a graphics card WebGPU is refused in words, and the processor is used when nothing is asked for', async () => {
  const { checkpoint } = writeCase(work, 'gpt2-f16')
  const bare = await hostUnder({ VK_ICD_FILENAMES: '/nowhere', VK_DRIVER_FILES: '/nowhere', LD_LIBRARY_PATH: '' })
  try {
    const open = (provider: ProviderId | null) =>
      bare.client.open({ path: checkpoint.directory, tokenizer: null, threads: 1, provider })
    await expectFailure(
      () => open('webgpu'),
      'provider-unavailable',
      'webgpu cannot start: No WebGPU adapter was found',
    )
    expect((await open(null)).provider.used).toBe('cpu')
  } finally {
    await bare.stop()
  }
})

test(
  'weights of 16 bits on a graphics card without such numbers are refused in words',
  { timeout: compiling },
  async () => {
    const { checkpoint, ids } = writeCase(work, 'gpt2-f16')
    const opened = await host.client.open({
      path: checkpoint.directory,
      tokenizer: null,
      threads: 1,
      provider: 'webgpu',
    })
    expect(opened.provider).toEqual({ used: 'webgpu', refused: [] })
    await expectFailure(
      () => host.client.logprobs({ handle: opened.handle, ids, plan: null }),
      'provider-unavailable',
      'WebGPU cannot read the weights here: they have 16 bits',
    )
  },
)
