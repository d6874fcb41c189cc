import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createRouterClient } from '@orpc/server'
import { afterAll } from 'vitest'
import { failureSchema, SnipError } from '../../src/contract/failure.ts'
import type { Job } from '../../src/contract/workbench/jobs.ts'
import { createWorkbenchRouter } from '../../src/main/services/router/index.ts'
import { createWorkbenchSession } from '../../src/main/services/session/create-session.ts'
import type { WorkbenchSession } from '../../src/main/services/session/session.ts'
import { engineHostFile } from './host.ts'

const resources = resolve(import.meta.dirname, '../../resources')

/** A session of the workbench with an empty workspace open, and its router without a transport. It ends with the tests of the file. */
export async function startWorkbench(work: string) {
  const session = createWorkbenchSession({
    hostFile: await engineHostFile(),
    resources,
    dataFolder: join(work, 'data-folder'),
    environment: { XDG_CACHE_HOME: join(work, 'cache') },
    door: { door: 'browser', nativeDialogs: false, showsFolders: false, uploadPath: null, uploadLimit: null },
  })
  afterAll(() => session.dispose())
  const spaces = join(work, 'spaces')
  mkdirSync(spaces, { recursive: true })
  await session.workspaces.create(spaces, 'test')
  return { session, client: createRouterClient(createWorkbenchRouter(session)) }
}

/** Waits for a job and checks that it is done. */
export async function finished(session: WorkbenchSession, { job }: { job: string }): Promise<Job> {
  const ended = await session.jobs.settled(job)
  if (ended.state !== 'done') throw new Error(`The job is ${ended.state}: ${JSON.stringify(ended.failure)}`)
  return ended
}

/** The failure that a call of the router answers with. */
export async function refusalOf(call: () => PromiseLike<unknown>): Promise<SnipError> {
  try {
    await call()
  } catch (error) {
    return SnipError.fromFailure(failureSchema.parse((error as { data?: unknown }).data))
  }
  throw new Error('The call was expected to fail, and succeeded')
}
