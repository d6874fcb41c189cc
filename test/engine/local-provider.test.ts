import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { pathToFileURL } from 'node:url'
import { makeSmallChatModel } from '../support/models/small-chat-model.ts'
import { scratchFolder } from './expectations.ts'
import { refusalOf, startWorkbench } from './workbench.ts'

const work = scratchFolder('local-provider')
const { session, client } = await startWorkbench(work)

it('a language model in a folder is a provider of the workbench, by a grant alone; testing it sends nothing', async () => {
  const folder = makeSmallChatModel(join(work, 'chat'), { context: 256 })
  const grant = session.grants.grant(folder)
  const added = await client.providers.addLocalModel({ source: grant.id, name: 'Our own' })
  expect(added).toMatchObject({
    kind: 'local-model',
    name: 'Our own',
    chatModel: 'chat',
    host: 'this computer',
    local: true,
    concurrency: 1,
    capabilities: { logprobs: false, echo: true },
    key: { state: 'absent', lastFour: null },
  })
  const tested = await client.providers.test({ id: added.id })
  expect(tested).toMatchObject({ ok: true, models: ['chat'] })
  expect(tested.message).toMatch(/^chat answers: reads [\d,.]+ and writes [\d,.]+ tokens\/s, scored prompts\.$/)
  expect((await client.ledger.list({ limit: 10 })).entries).toEqual([])

  // A page cannot name a file, and what runs here has no key.
  const { name, chatModel, embeddingModel, concurrency, plainHttpAllowed } = added
  const draft = { name, chatModel, embeddingModel, concurrency, plainHttpAllowed }
  const elsewhere = pathToFileURL(work).href
  for (const id of [null, added.id]) {
    const refused = await refusalOf(() => client.providers.save({ ...draft, id, baseUrl: elsewhere }))
    expect(refused).toMatchObject({ kind: 'bad-argument', message: 'A file is no address of a server' })
  }
  const renamed = await client.providers.save({ ...draft, id: added.id, baseUrl: added.baseUrl, name: 'Mine' })
  expect(renamed).toMatchObject({ id: added.id, name: 'Mine', kind: 'local-model' })
  const keyless = await refusalOf(() => client.providers.setKey({ id: added.id, key: 'sk-0123456789abcdef' }))
  expect(keyless.message).toBe('Mine runs here and needs no key')

  // Its template is taken away afterwards.
  rmSync(join(folder, 'tokenizer_config.json'))
  expect(await client.providers.test({ id: added.id })).toMatchObject({
    ok: false,
    problem: 'model',
    message: 'chat has no chat template',
  })
})

it('a folder that is no language model is refused by name, with what to do, and is not on the list', async () => {
  const add = (folder: string) =>
    client.providers.addLocalModel({ source: session.grants.grant(folder).id, name: null })
  const small = (name: string) => makeSmallChatModel(join(work, name), { context: 256, template: null })
  const before = (await client.providers.list()).providers
  const dumb = small('dumb')
  rmSync(join(dumb, 'tokenizer.json'))
  mkdirSync(join(work, 'empty'), { recursive: true })
  const reader = join(import.meta.dirname, '../fixtures/families/bert')
  const cases: [string, string, string][] = [
    [small('mute'), 'bad-model', 'mute has no chat template'],
    [dumb, 'bad-tokenizer', 'tokenizer.json'],
    [join(work, 'empty'), 'bad-model', 'empty holds neither a checkpoint nor an ONNX file that is its model'],
    [reader, 'unsupported-model', 'bert does not continue texts'],
  ]
  for (const [folder, kind, message] of cases) {
    const refused = await refusalOf(() => add(folder))
    expect(refused.message).toContain(message)
    expect(refused.kind).toBe(kind)
    expect(refused.remedy).toMatch(/\w/)
  }
  expect((await client.providers.list()).providers).toEqual(before)
})

it('a model on the list is not added twice; when its folder is gone the list says so', async () => {
  const folder = makeSmallChatModel(join(work, 'moved'), { context: 256 })
  const source = session.grants.grant(folder).id
  const added = await client.providers.addLocalModel({ source, name: 'First' })
  expect(added.problem).toBe(undefined)
  const twice = await refusalOf(() => client.providers.addLocalModel({ source, name: 'Second' }))
  expect(twice).toMatchObject({ kind: 'exists', message: 'moved is on the list already, as First' })
  rmSync(folder, { recursive: true })
  const { providers } = await client.providers.list()
  expect(providers.find(({ id }) => id === added.id)?.problem).toEqual({
    message: 'The language model moved is not there any more',
    remedy: 'Put it back, or remove it from the list and add it again from its new place.',
  })
})
