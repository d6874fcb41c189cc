import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { hostEnvironment } from '../../src/main/engine-host/client/engine-host-process.ts'
import { makePlantedGpt2 } from '../support/models/planted.ts'
import { scratchFolder } from './expectations.ts'
import { startHost } from './host.ts'

const work = scratchFolder('silent-engine')

test('the engine keeps no reports for ONNX Runtime to send, and knows no key', async () => {
  const cache = join(work, 'cache')
  mkdirSync(cache)
  for (const name of ['XDG_CACHE_HOME', 'HOME', 'LOCALAPPDATA']) vi.stubEnv(name, cache)
  vi.stubEnv('SNIP_API_KEY', 'sk-canary-engine')
  vi.stubEnv('OPENAI_API_KEY', 'sk-canary-engine')
  const host = await startHost()
  try {
    const path = makePlantedGpt2(join(work, 'planted')).directory
    const { handle } = await host.client.open({ path, tokenizer: null, threads: 1, provider: 'cpu' })
    const { logprobs } = await host.client.logprobs({ handle, ids: [1, 2, 3], plan: null })
    expect(logprobs).toHaveLength(2)
    // What a program began with stands in /proc: a copy of its memory would show no less.
    expect(existsSync(`/proc/${host.pid}/environ`)).toBe(true)
    const environment = readFileSync(`/proc/${host.pid}/environ`, 'latin1').split('\0')
    expect(environment.join()).not.toContain('sk-canary-engine')
  } finally {
    await host.stop()
    vi.unstubAllEnvs()
  }
  expect(readdirSync(cache)).toEqual([])
})

test('no process that is started gets a name that may hold a secret', () => {
  const given = {
    PATH: '/bin',
    SNIP_API_KEY: 'a',
    OPENAI_API_KEY: 'b',
    hf_token: 'c',
    AWS_SECRET_ACCESS_KEY: 'd',
    LANG: 'C',
  }
  expect(hostEnvironment(given)).toEqual({
    PATH: '/bin',
    LANG: 'C',
    ORT_DISABLE_TELEMETRY: '1',
    NODE_OPTIONS: '',
    ELECTRON_RUN_AS_NODE: undefined,
  })
})
