import { homedir } from 'node:os'
import { startEngineHost, type HostLauncher } from '../engine-host/client/engine-host-process.ts'
import { Engine, type EngineNews, type EngineSettings } from './engine/engine.ts'
import { cacheFolderOf, ModelHashCache } from './models/hash-cache.ts'
import { Models } from './models/models.ts'

export interface WorkbenchOptions {
  /** The built engine host. */
  readonly hostFile: string
  readonly settings: EngineSettings
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Receives the engine's stderr line by line. */
  readonly log: (line: string) => void
  /** How the engine's process is started; as a plain Node like this one when left out. */
  readonly launch?: HostLauncher
  /** Hears when the engine's process starts, dies and starts again. */
  readonly heard?: (news: EngineNews, sentence: string) => void
}

/** The services of one process, put together. Nothing starts before it is used; `dispose` ends the engine. */
export interface Workbench {
  readonly engine: Engine
  readonly models: Models
  readonly cacheFolder: string
  dispose(): Promise<void>
}

export function createWorkbench({ hostFile, settings, environment, log, heard, launch }: WorkbenchOptions): Workbench {
  const cacheFolder = cacheFolderOf(environment, homedir())
  const engine = new Engine({
    settings,
    start: () => startEngineHost({ hostFile, log, ...(launch ? { launch } : {}) }),
    ...(heard ? { heard } : {}),
  })
  return {
    engine,
    models: new Models(engine, new ModelHashCache(cacheFolder)),
    cacheFolder,
    dispose: () => engine.dispose(),
  }
}
