import { homedir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import type { SnipError } from '../../../contract/failure.ts'
import { toSnipError } from '../../../contract/failure.ts'
import { makeFolder } from '../../files/make-folder.ts'
import { fileError } from '../../files/write-aside.ts'
import type { HostLauncher } from '../engine/host-launch.ts'
import { LiveEventHub } from '../events/live-event-hub.ts'
import { RandomGrants } from '../grants/random-grants.ts'
import { LiveJobRunner } from '../jobs/job-runner-live.ts'
import { createLanguageModels, type LanguageModelsOptions } from '../language-models/index.ts'
import { MemoryWatch } from '../memory/memory-watch.ts'
import { RecentModels } from '../recent/recent-models.ts'
import { FileSettingsStore } from '../settings/file-settings-store.ts'
import { createWorkbench } from '../workbench.ts'
import { LiveWorkspaces } from '../workspace/live-workspaces.ts'
import { dataFolderOf } from './data-folder.ts'
import { LogTail } from './log-tail.ts'
import { registerJobs } from './register-jobs.ts'
import type { DoorTraits, WorkbenchSession } from './session.ts'

export interface SessionOptions {
  /** The built engine host. */
  readonly hostFile: string
  /** The program's folder `resources`. */
  readonly resources: string
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly door: DoorTraits
  /** Where settings and the like lie; the user's data folder when left out. */
  readonly dataFolder?: string
  /** Also receives every line that is logged. */
  readonly log?: (line: string) => void
  /** How the engine's process is started; as a plain Node like this one when left out. */
  readonly launch?: HostLauncher
  /** How long a cancelled job may take to end by itself, in milliseconds. */
  readonly patienceMs?: number
  /** Where keys of language models are kept; the system's keychain when left out. */
  readonly secrets?: LanguageModelsOptions['secrets']
}

/** Puts the services of one process of the workbench together. No engine starts and no workspace opens before it is asked for. */
export function createWorkbenchSession(options: SessionOptions): WorkbenchSession {
  const { hostFile, resources, environment, door } = options
  const dataFolder = options.dataFolder ?? dataFolderOf(environment, homedir())
  try {
    makeFolder(dataFolder)
  } catch (error) {
    throw fileError(error, dataFolder, 'write')
  }
  const tail = new LogTail()
  const log = (line: string) => {
    tail.add(line)
    options.log?.(line)
  }
  const events = new LiveEventHub()
  const settings = new FileSettingsStore(dataFolder, (now, before) => {
    events.changed('settings')
    if (now.threads === before.threads && now.provider === before.provider) return
    const { threads, provider } = now
    void jobs
      .betweenJobs(() => workbench.engine.changeSettings({ threads, provider }))
      .then(
        () => events.status('The engine starts anew with the new settings at its next use.'),
        (error: unknown) =>
          log(`The engine did not take its settings: ${(toSnipError(error) satisfies SnipError).message}`),
      )
  })
  if (settings.warning !== null) log(settings.warning)
  const workbench = createWorkbench({
    hostFile,
    settings: { threads: settings.current.threads, provider: settings.current.provider },
    environment,
    ...(options.launch ? { launch: options.launch } : {}),
    log: (line) => log(`engine: ${line}`),
    heard: (news, sentence) => {
      log(sentence)
      events.engine(news, sentence)
    },
  })
  const jobs = new LiveJobRunner({
    events,
    killEngine: () => {
      workbench.engine.kill()
      events.engine('died', 'The engine was stopped to end a cancelled job')
    },
    ...(options.patienceMs === undefined ? {} : { patienceMs: options.patienceMs }),
  })
  const grants = new RandomGrants((purpose) => [
    ...(purpose === 'data' && isDemo(workspaces.currentOrNull?.folder ?? null, dataFolder)
      ? [{ path: join(resources, 'demo', 'data'), name: 'Data of the demo' }]
      : []),
    { path: homedir(), name: 'Home' },
    { path: process.cwd(), name: 'Working folder' },
    ...workspaces.recent().flatMap(({ path, exists }) => (exists ? [{ path: dirname(path) }] : [])),
  ])
  const workspaces = new LiveWorkspaces({ resources, dataFolder, events, grants, jobs })
  const languageModels = createLanguageModels({
    dataFolder,
    cacheFolder: join(workbench.cacheFolder, 'language-models'),
    offline: () => settings.current.offline,
    models: workbench.models,
    ...(options.secrets ? { secrets: options.secrets } : {}),
    log,
    changed: (topic) => events.changed(topic),
  })
  const session: WorkbenchSession = {
    workbench,
    door,
    resources,
    dataFolder,
    events,
    grants,
    settings,
    jobs,
    workspaces,
    memory: new MemoryWatch({ enginePid: () => workbench.engine.pid }),
    languageModels,
    recentModels: new RecentModels(dataFolder, grants),
    workspace: () => workspaces.current,
    workspaceOrNull: () => workspaces.currentOrNull,
    logLines: () => tail.lines,
    log,
    async dispose() {
      try {
        await workspaces.close()
      } finally {
        await languageModels.dispose()
        events.close()
        await workbench.dispose()
      }
    },
  }
  registerJobs(session)
  return session
}

/** Whether the open workspace is a copy of the demo that this program made. */
function isDemo(folder: string | null, dataFolder: string): boolean {
  return folder !== null && dirname(folder) === resolve(dataFolder) && basename(folder).startsWith('demo')
}
