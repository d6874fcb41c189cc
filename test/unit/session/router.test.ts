import { createRouterClient, getRouter, isProcedure, ORPCError } from '@orpc/server'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { failureSchema } from '../../../src/contract/failure.ts'
import { workbenchContract } from '../../../src/contract/workbench/index.ts'
import { createWorkbenchRouter } from '../../../src/main/services/router/index.ts'
import { plainDoor, sessionBench } from './session-bench.ts'

const { session, scratch } = sessionBench()

/** Every procedure of the contract, as `noun.verb`. */
const procedures = Object.entries(workbenchContract).flatMap(([noun, verbs]) =>
  Object.keys(verbs).map((verb) => [noun, verb] as const),
)

async function failureOf(call: Promise<unknown>) {
  const error = await call.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof ORPCError)) throw new Error(`expected a failure, not ${String(error)}`)
  const { code, defined, data } = error as ORPCError<string, unknown>
  expect([code, defined]).toEqual(['FAILURE', true])
  return failureSchema.parse(data)
}

describe('the router', () => {
  test('has an implementation of every procedure of the contract, and nothing else', () => {
    const router = createWorkbenchRouter(session())
    const missing = procedures.filter(([noun, verb]) => !isProcedure(getRouter(router, [noun, verb])))
    expect(missing).toEqual([])
    const own = Object.entries(router).flatMap(([noun, verbs]) => Object.keys(verbs).map((verb) => `${noun}.${verb}`))
    expect(own.toSorted()).toEqual(procedures.map((names) => names.join('.')).toSorted())
  })

  test('answers without a workspace with one typed failure that says what to do', async () => {
    const client = createRouterClient(createWorkbenchRouter(session()))
    expect(await client.workspace.current()).toBeNull()
    expect(await failureOf(client.workspace.undo())).toEqual({
      kind: 'not-found',
      message: 'No workspace is open',
      remedy: 'Open or create one first.',
    })
  })

  test('takes no path in place of a grant', async () => {
    const client = createRouterClient(createWorkbenchRouter(session()))
    const calls = [
      client.workspace.open({ folder: '/etc' }),
      client.workspace.create({ parent: '/tmp', name: 'Mine' }),
      client.files.list({ folder: '/', purpose: 'data' }),
    ]
    for (const call of calls) expect((await failureOf(call)).message).toContain('chosen in another session')
  })

  test('makes, names, edits and cuts a workspace by grants', async () => {
    const own = session()
    const client = createRouterClient(createWorkbenchRouter(own))
    const parent = await client.files.resolve({ path: scratch(), purpose: 'new-workspace' })
    expect((await client.workspace.create({ parent: parent.id, name: '  Mine ' })).name).toBe('Mine')
    const failure = await failureOf(client.workspace.setCut({ ranking: 'none', k: 3 }))
    expect(failure.message).toBe('That ranking is no longer there')
    expect(await client.workspace.undo()).toEqual({ did: null, neuron: null })
    await client.workspace.close()
    const [recent] = await client.workspace.recent()
    expect((await client.workspace.open({ folder: recent!.id })).name).toBe('Mine')
  })

  test('sets the cut of the demo for all views', async () => {
    const client = createRouterClient(createWorkbenchRouter(session()))
    await client.workspace.openDemo({ fresh: false })
    await client.workspace.setCut({ ranking: 'forget-verbs.snip', k: 192 })
    expect((await client.workspace.current())?.cut).toEqual({ ranking: 'forget-verbs.snip', k: 192 })
    await client.workspace.setCut(null)
    expect((await client.workspace.current())?.cut).toBeNull()
  })

  test('tells what the door can do, and refuses what it cannot', async () => {
    const shown: string[] = []
    const dropped = scratch()
    const door = {
      ...plainDoor,
      door: 'desktop' as const,
      nativeDialogs: true,
      showsFolders: true,
      dialog: () => Promise.resolve(null),
      showFolder: (path: string) => Promise.resolve(void shown.push(path)),
      dropped: () => [dropped],
    }
    const desktop = createRouterClient(createWorkbenchRouter(session({ door })))
    expect(await desktop.app.info()).toMatchObject({ door: 'desktop', nativeDialogs: true, showsFolders: true })
    expect(await desktop.files.dialog({ purpose: 'data' })).toBeNull()
    expect(await desktop.files.dropped({ drop: 'any' })).toMatchObject([{ kind: 'folder', path: dropped }])
    const { path } = await desktop.workspace.openDemo({ fresh: false })
    await desktop.files.show({ what: 'workspace', id: null })
    expect(shown).toEqual([path])
    const plain = createRouterClient(createWorkbenchRouter(session()))
    expect((await failureOf(plain.files.dialog({ purpose: 'data' }))).remedy).toBe('Browse for the file instead.')
    expect((await failureOf(plain.files.dropped({ drop: 'any' }))).kind).toBe('bad-argument')
  })

  test('never shows a file as the folder of an export: the system would run it', async () => {
    const shown: string[] = []
    const door = {
      ...plainDoor,
      showsFolders: true,
      showFolder: (path: string) => Promise.resolve(void shown.push(path)),
    }
    const own = session({ door })
    const client = createRouterClient(createWorkbenchRouter(own))
    const { path } = await client.workspace.openDemo({ fresh: false })
    const program = join(path, 'exports', 'planted.sh')
    writeFileSync(program, '#!/bin/sh\n')
    const verification = {
      passed: true,
      maxAbsLogit: 0,
      largestLogit: 1,
      maxAbsLossNats: 0,
      sameGreedyText: true,
      comparedTokens: 1,
      tolerance: 1,
    }
    const planted = {
      name: 'x',
      folder: program,
      realisation: 'zeroed' as const,
      title: 'x',
      at: 1,
      neurons: 1,
      planHash: 'p',
      modelHash: 'm',
      files: [],
      originalBytes: 1,
      verification,
      format: 'onnx' as const,
      replacement: 'zero' as const,
      timing: null,
      manifestFile: 'exports/x.manifest.json',
    }
    await own.workspace().store.put([{ kind: 'export', key: 'x', after: planted }])
    expect((await failureOf(client.files.show({ what: 'export', id: 'x' }))).kind).toBe('not-found')
    expect(shown).toEqual([])
  })

  test('keeps settings and tells of them', async () => {
    const own = session()
    const client = createRouterClient(createWorkbenchRouter(own))
    const stream = await client.events.watch()
    expect((await stream.next()).value).toMatchObject({ kind: 'hello' })
    expect((await client.app.changeSettings({ theme: 'dark' })).theme).toBe('dark')
    expect((await stream.next()).value).toMatchObject({ kind: 'changed', topics: ['settings'] })
    await stream.return?.(undefined)
    expect((await client.app.settings()).theme).toBe('dark')
    expect((await client.app.diagnostics()).text).toContain('"theme":"dark"')
  })

  test('a typed path may begin at home, and one that leads nowhere is one sentence', async () => {
    const client = createRouterClient(createWorkbenchRouter(session()))
    expect((await client.files.resolve({ path: '~', purpose: 'data' })).kind).toBe('folder')
    const nowhere = join(scratch(), 'nothing')
    expect(await failureOf(client.files.resolve({ path: nowhere, purpose: 'data' }))).toEqual({
      kind: 'not-found',
      message: `There is nothing at ${nowhere}`,
      remedy: 'Check the path, or choose it again.',
    })
  })
})
