import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createRouterClient } from '@orpc/server'
import { describe, expect, test } from 'vitest'
import { createWorkbenchRouter } from '../../../src/main/services/router/index.ts'
import type { WorkbenchSession } from '../../../src/main/services/session/session.ts'
import { sessionBench } from './session-bench.ts'

const { session, scratch } = sessionBench()
const mapping = { textColumn: 'text', where: null, sample: null, seed: 1, split: 'all' } as const
const table = 'id,text\n1,one\n2,two\n'

/** A file as the browser door keeps what a page sent. */
function uploaded({ dataFolder }: WorkbenchSession): string {
  const own = join(dataFolder, 'uploads', 'a1b2')
  mkdirSync(own, { recursive: true })
  writeFileSync(join(own, 'words.csv'), table)
  return join(own, 'words.csv')
}

describe('a data set that a page sent', () => {
  test('lies in the workspace once it is imported, and the upload is gone', async () => {
    const bench = session()
    const { path: folder } = await bench.workspaces.create(scratch(), 'Sent')
    const client = createRouterClient(createWorkbenchRouter(bench))
    const path = uploaded(bench)
    const { id } = bench.grants.grant(path)
    const dataset = await client.datasets.import({ file: id, name: 'words', mapping, roles: [] })
    expect(dataset.documents).toBe(2)
    expect(existsSync(dirname(path))).toBe(false)
    expect(readFileSync(join(folder, 'data', dataset.id, 'words.csv'), 'utf8')).toBe(table)
    expect((await client.datasets.show({ id: dataset.id })).documents).toBe(2)
  })

  test('stays an upload when it is not imported, and a file of the person is never moved', async () => {
    const bench = session()
    const { path: folder } = await bench.workspaces.create(scratch(), 'Refused')
    const client = createRouterClient(createWorkbenchRouter(bench))
    const path = uploaded(bench)
    const wrong = { ...mapping, textColumn: 'none' }
    const { id } = bench.grants.grant(path)
    await expect(client.datasets.import({ file: id, name: 'words', mapping: wrong, roles: [] })).rejects.toThrow('none')
    expect(readFileSync(path, 'utf8')).toBe(table)
    const own = join(scratch(), 'mine.csv')
    writeFileSync(own, table)
    const file = bench.grants.grant(own).id
    await client.datasets.import({ file, name: 'mine', mapping, roles: [] })
    expect(readFileSync(own, 'utf8')).toBe(table)
    expect(existsSync(join(folder, 'data'))).toBe(false)
  })
})
