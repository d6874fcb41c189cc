import { cpSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { WorkbenchSession } from '../../src/main/services/session/session.ts'
import { makePlantedGpt2, planted } from '../support/models/planted.ts'
import { scratchFolder } from './expectations.ts'
import { refusalOf, startWorkbench } from './workbench.ts'

const work = scratchFolder('workspace-model')
const { directory } = makePlantedGpt2(join(work, 'planted'))
let session: WorkbenchSession
let client: Awaited<ReturnType<typeof startWorkbench>>['client']

beforeAll(async () => {
  ;({ session, client } = await startWorkbench(work))
})

const source = (path: string) => ({ source: session.grants.grant(path).id, tokenizer: null })

/** Asks until the background work has come to something. */
async function eventually<T>(ask: () => PromiseLike<T>, wanted: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await ask()
    if (wanted(value)) return value
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

describe('inspecting a model', () => {
  test('tells facts and memory by purpose from its headers, without making it the workspace’s own', async () => {
    const { card, memory } = await client.model.inspect(source(directory))
    expect(card).toMatchObject({ family: 'gpt2', layers: 2, width: 32, vocabularySize: planted.vocabulary })
    expect(card).not.toHaveProperty('handle')
    expect(memory.purposes.map(({ purpose }) => purpose)).toEqual(['record', 'evaluate', 'generate', 'export'])
    for (const { bytes, fits } of memory.purposes) {
      expect(bytes).toBeGreaterThan(card.weightBytes)
      expect(fits).toBe(bytes <= memory.freeBytes)
    }
    expect(await client.model.current()).toBeNull()
  })

  test('refuses a folder that holds no model, with what to do', async () => {
    const refusal = await refusalOf(() => client.model.inspect(source(work)))
    expect(refusal).toMatchObject({ kind: 'bad-model' })
    expect(refusal.remedy).toMatch(/checkpoint/)
  })

  test('looks at the files as they are now, also when it has them open from before', async () => {
    const copy = join(work, 'changing')
    cpSync(directory, copy, { recursive: true })
    expect((await client.model.inspect(source(copy))).card.layers).toBe(2)
    writeFileSync(join(copy, 'config.json'), '{ no JSON')
    expect(await refusalOf(() => client.model.inspect(source(copy)))).toMatchObject({ kind: 'bad-model' })
  })
})

describe('the model of a workspace', () => {
  test('gets its hash in the background, and keeps it', async () => {
    const state = await client.model.use(source(directory))
    expect(state).toMatchObject({ name: 'planted', problem: null, loaded: true })
    const { modelHash } = (await eventually(
      () => client.model.current(),
      (now) => now?.modelHash !== null,
    ))!
    expect(modelHash).toMatch(/^[0-9a-f]{64}$/)
    expect(session.workspace().store.get('model', 'model')?.modelHash).toBe(modelHash)
    expect(session.workspace().store.undoLabel).toBe('Chose the model planted')
  })

  test('is unloaded and opens again at the next use', async () => {
    await client.model.unload()
    expect((await client.model.current())?.loaded).toBe(false)
    const text = 'q1 the 👧 שלום'
    const { ids, pieces, spans } = await client.model.tokens({ text })
    expect(pieces.join('')).toBe(text)
    expect([pieces.length, spans.length]).toEqual([ids.length, ids.length])
    expect((await client.model.current())?.loaded).toBe(true)
  })

  test('continues a prompt token by token, the same with and without a stream', async () => {
    const settings = { maxNewTokens: 6, temperature: 0, seed: 1 }
    const events = []
    for await (const event of await client.model.generate({ prompt: 'q', settings, plan: { kind: 'none' } })) {
      events.push(event)
    }
    const last = events.at(-1)
    if (last?.kind !== 'done') throw new Error('the stream has no end')
    expect(last.tokens).toBe(6)
    expect(last.text[0]).toBe('u')
    const tokens = events.slice(0, -1).map((event) => event.text)
    expect(tokens.join('')).toBe(last.text)
  })

  test('stops continuing when the reader leaves', async () => {
    const settings = { maxNewTokens: 60, temperature: 1, seed: 1 }
    let seen = 0
    for await (const event of await client.model.generate({ prompt: 'q', settings, plan: { kind: 'none' } })) {
      expect(event.kind).toBe('token')
      if (++seen === 2) break
    }
    // The engine is free again: the next call is answered.
    expect((await client.model.tokens({ text: 'q' })).ids).toHaveLength(1)
    expect(seen).toBe(2)
  })

  test('refuses an empty prompt with what to do', async () => {
    const settings = { maxNewTokens: 6, temperature: 0, seed: 1 }
    const refusal = await refusalOf(async () => {
      for await (const _ of await client.model.generate({ prompt: '', settings, plan: { kind: 'none' } })) {
        throw new Error('nothing can follow')
      }
    })
    expect(refusal).toMatchObject({ kind: 'bad-argument', message: 'The prompt is empty' })
  })

  test('says so when it was moved, and when other weights lie in its place', async () => {
    const moved = join(work, 'moved')
    renameSync(directory, moved)
    expect((await client.model.current())?.problem).toMatch(/any more: put it back/)
    cpSync(moved, directory, { recursive: true })
    const weights = join(directory, 'model.safetensors')
    const bytes = readFileSync(weights)
    bytes[bytes.length - 1]! ^= 1
    writeFileSync(weights, bytes)
    const state = await eventually(
      () => client.model.current(),
      (now) => now?.problem !== null,
    )
    expect(state?.problem).toMatch(/not those that were chosen/)
    rmSync(directory, { recursive: true })
    renameSync(moved, directory)
    expect(
      await eventually(
        () => client.model.current(),
        (now) => now?.problem === null,
      ),
    ).toMatchObject({
      name: 'planted',
    })
  })
})
