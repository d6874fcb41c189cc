import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach } from 'vitest'
import { SnipError } from '../../../src/contract/failure.ts'
import type { Topic } from '../../../src/contract/workbench/events.ts'
import { openWorkspaceFolder, type HeldWorkspace } from '../../../src/main/services/workspace/open-workspace.ts'
import type { Migration } from '../../../src/main/services/workspace/workspace-database.ts'

export const resources = resolve(import.meta.dirname, '../../../resources')

/** Folders and open workspaces that go away after each test. */
export function workspaceBench() {
  const folders: string[] = []
  const open: HeldWorkspace[] = []
  afterEach(async () => {
    for (const workspace of open.splice(0)) await workspace.close()
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
  })
  const scratch = () => {
    const folder = mkdtempSync(join(tmpdir(), 'snip-workspace-'))
    folders.push(folder)
    return folder
  }
  return {
    scratch,
    /** An empty workspace folder. */
    folder(version = 1): string {
      const folder = join(scratch(), 'Forget verbs')
      mkdirSync(folder)
      writeFileSync(join(folder, 'workspace.json'), JSON.stringify({ version, name: 'Forget verbs' }))
      return folder
    },
    async open(folder: string, migrations: readonly Migration[] = [], told: Topic[][] = []): Promise<HeldWorkspace> {
      const changed = (topics: readonly Topic[]) => void told.push([...topics])
      const workspace = await openWorkspaceFolder(folder, { resources, changed, migrations })
      open.push(workspace)
      return workspace
    },
    async close(workspace: HeldWorkspace): Promise<void> {
      open.splice(open.indexOf(workspace), 1)
      await workspace.close()
    },
  }
}

/** The SnipError that a promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<SnipError> {
  try {
    await promise
  } catch (error) {
    if (error instanceof SnipError) return error
    throw error
  }
  throw new Error('expected a failure')
}
