import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach } from 'vitest'
import { createWorkbenchSession, type SessionOptions } from '../../../src/main/services/session/create-session.ts'
import type { DoorTraits, WorkbenchSession } from '../../../src/main/services/session/session.ts'

const root = resolve(import.meta.dirname, '../../..')

export const plainDoor: DoorTraits = {
  door: 'command-line',
  nativeDialogs: false,
  showsFolders: false,
  uploadPath: null,
  uploadLimit: null,
}

/** Sessions that need no engine, with data folders of their own; all goes away after each test. */
export function sessionBench() {
  const sessions: WorkbenchSession[] = []
  const folders: string[] = []
  afterEach(async () => {
    for (const session of sessions.splice(0)) await session.dispose()
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
  })
  const scratch = () => {
    const folder = mkdtempSync(join(tmpdir(), 'snip-session-'))
    folders.push(folder)
    return folder
  }
  return {
    scratch,
    session(options: Partial<SessionOptions> = {}): WorkbenchSession {
      const session = createWorkbenchSession({
        hostFile: join(root, 'out/main/engine-host.js'),
        resources: join(root, 'resources'),
        environment: {},
        dataFolder: scratch(),
        door: plainDoor,
        ...options,
      })
      sessions.push(session)
      return session
    },
  }
}
