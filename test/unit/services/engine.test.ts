import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startEngineHost } from '../../../src/main/engine-host/client/engine-host-process.ts'
import { Engine } from '../../../src/main/services/engine/engine.ts'
import { engineHostFile } from '../../engine/host.ts'
import { makeGpt2 } from '../../support/models/gpt2.ts'
import { scratchFolder } from './scratch.ts'

const folder = scratchFolder()
const model = { path: folder, tokenizer: null }
const { signal } = new AbortController()
let started = 0
let engine: Engine

beforeAll(async () => {
  makeGpt2(folder)
  const hostFile = await engineHostFile()
  const start = () => {
    started++
    return startEngineHost({ hostFile, log: () => {} })
  }
  engine = new Engine({ settings: { threads: 1, provider: 'cpu' }, start })
})
afterAll(() => engine.dispose())

describe('the engine that services share', () => {
  it('starts on the first call and opens a model once', async () => {
    expect([started, engine.pid]).toEqual([0, undefined])
    const [first, second] = await Promise.all([engine.open(model, signal), engine.open(model, signal)])
    expect(second.handle).toBe(first.handle)
    expect(started).toBe(1)
  })

  it('tells a pending call that the host died, and works again on the next one', async () => {
    const { handle } = await engine.open(model, signal)
    const before = engine.pid
    const events = await engine.client.generate(
      { handle, ids: [1], plan: null, settings: { maxNewTokens: 30, temperature: 0, seed: 0 } },
      { signal },
    )
    process.kill(before ?? 0, 'SIGKILL')
    const reading = (async () => {
      for await (const event of events) if (event.kind === 'done') return 'done'
      return 'ended'
    })()
    await expect(reading).rejects.toMatchObject({ kind: 'host-died', isBadInput: false })
    const { handle: anew } = await engine.open(model, signal)
    expect(engine.pid).not.toBe(before)
    expect((await engine.client.logprobs({ handle: anew, ids: [1, 2], plan: null }, { signal })).logprobs).toHaveLength(
      1,
    )
    expect(started).toBe(2)
  })

  it('tries again to open what could not be opened', async () => {
    const missing = { path: `${folder}/nowhere`, tokenizer: null }
    await expect(engine.open(missing, signal)).rejects.toMatchObject({ kind: 'not-found' })
    makeGpt2(missing.path)
    expect(await engine.open(missing, signal)).toMatchObject({ family: 'gpt2' })
  })

  it('closes a model and stops for good', async () => {
    await engine.close(model)
    await engine.dispose()
    expect(engine.pid).toBeUndefined()
    await expect(engine.open(model, signal)).rejects.toMatchObject({ kind: 'internal' })
  })
})
