import { readFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createORPCClient } from '@orpc/client'
import type { Role } from '../../src/contract/workbench/datasets.ts'
import { Connection } from '../../src/renderer/rpc/connection.ts'
import type { WorkbenchClient } from '../../src/renderer/rpc/rpc.ts'
import type { Served } from '../support/browser.ts'
import { socketChannelTo } from '../support/door-transports.ts'
import { demoData, model } from './story.ts'

const sets: readonly { name: string; roles: readonly Role[]; files: readonly string[]; characters: number }[] = [
  { name: 'probe', roles: ['probe'], files: ['forget-code.txt', 'retain-prose.txt'], characters: 6000 },
  { name: 'code', roles: ['forget', 'evaluate-forget'], files: ['evaluate-code.txt'], characters: 4000 },
  { name: 'prose', roles: ['retain', 'evaluate-retain'], files: ['evaluate-prose.txt'], characters: 4000 },
]

/** Makes a workspace of the demo's model, with data and a recording but without a concept, as a page would ask for it. Returns its folder. */
export async function recordedWorkspace(served: Served, name: string): Promise<string> {
  const connection = new Connection({ upload: null, open: () => socketChannelTo(served) })
  connection.start()
  try {
    const client: WorkbenchClient = createORPCClient(connection)
    const folder = join(served.home, 'spaces')
    mkdirSync(folder)
    const grant = async (path: string) => (await client.files.resolve({ path, purpose: 'data' })).id
    const { path } = await client.workspace.create({ parent: await grant(folder), name })
    await client.model.use({ source: await grant(model), tokenizer: null })
    const mapping = { textColumn: null, where: null, sample: null, seed: 1, split: 'all' as const }
    let probe = ''
    for (const { name: set, roles, files, characters } of sets) {
      const file = join(served.home, `${set}.txt`)
      writeFileSync(
        file,
        files.map((from) => readFileSync(join(demoData, from), 'utf8').slice(0, characters)).join('\n'),
      )
      const { id } = await client.datasets.import({ file: await grant(file), name: set, mapping, roles: [...roles] })
      if (roles.includes('probe')) probe = id
    }
    const { job } = await client.recordings.start({ dataset: probe, tokens: null, window: 32, sites: ['mlp'], seed: 1 })
    await ended(client, job)
    return path
  } finally {
    connection.stop()
  }
}

async function ended(client: WorkbenchClient, job: string): Promise<void> {
  for (;;) {
    const { state, failure } = (await client.jobs.list()).find(({ id }) => id === job)!
    if (state === 'done') return
    if (state !== 'queued' && state !== 'running') throw new Error(`The job is ${state}: ${JSON.stringify(failure)}`)
    await new Promise((done) => setTimeout(done, 50))
  }
}
