import { join } from 'node:path'
import { expect, it } from 'vitest'
import { pathToFileURL } from 'node:url'
import { makeSmallChatModel } from '../support/models/small-chat-model.ts'
import { scratchFolder } from './expectations.ts'
import { refusalOf, startWorkbench } from './workbench.ts'

const work = scratchFolder('local-provider')

it('a language model in a folder is a provider of the workbench, by a grant alone; testing it sends nothing', async () => {
  const { session, client } = await startWorkbench(work)
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
  expect(tested).toMatchObject({ ok: true, message: 'chat answers: scored prompts.', models: ['chat'] })
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

  const mute = makeSmallChatModel(join(work, 'mute'), { context: 256, template: null })
  const silent = await client.providers.addLocalModel({ source: session.grants.grant(mute).id, name: null })
  expect(await client.providers.test({ id: silent.id })).toMatchObject({
    ok: false,
    problem: 'model',
    message: 'mute has no chat template',
  })
  await client.providers.remove({ id: silent.id })
  expect((await client.providers.list()).providers.map(({ id }) => id)).toEqual([added.id])
})
