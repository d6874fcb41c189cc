import { accessSync, constants, existsSync } from 'node:fs'
import { availableParallelism, freemem, totalmem } from 'node:os'
import { dirname } from 'node:path'
import { threadsOf } from '../../../contract/threads.ts'
import type { Task } from '../task.ts'
import { programVersion } from '../version.ts'
import type { Workbench } from '../workbench.ts'

/** The state of this machine, for people who ask why something does not work. */
export interface Diagnosis {
  readonly versions: { readonly snip: string; readonly node: string; readonly onnxRuntime: string }
  readonly platform: string
  /** Why a provider was refused, or null where it works; tried one at a time. */
  readonly providers: readonly { readonly provider: string; readonly works: boolean; readonly reason: string | null }[]
  readonly threads: { readonly available: number; readonly used: number | 'one for each processor' }
  readonly memory: { readonly totalBytes: number; readonly freeBytes: number }
  readonly cacheFolder: { readonly path: string; readonly writable: boolean }
}

/** Starts the engine and asks it what works here. */
export async function diagnose(workbench: Workbench, task: Task): Promise<Diagnosis> {
  const probe = await workbench.engine.client.probe(undefined, { signal: task.signal })
  const available = availableParallelism()
  const threads = threadsOf(workbench.engine.settings.threads, process.env, 0)
  return {
    versions: { snip: programVersion, node: process.versions.node, onnxRuntime: probe.onnxRuntime },
    platform: `${process.platform} ${process.arch}`,
    providers: probe.providers,
    threads: { available, used: threads === 0 ? 'one for each processor' : threads },
    memory: { totalBytes: totalmem(), freeBytes: freemem() },
    cacheFolder: { path: workbench.cacheFolder, writable: isWritable(workbench.cacheFolder) },
  }
}

/** True when the folder, or the first one above it that exists, can be written. */
function isWritable(folder: string): boolean {
  let place = folder
  while (!existsSync(place) && dirname(place) !== place) place = dirname(place)
  try {
    accessSync(place, constants.W_OK)
    return true
  } catch {
    return false
  }
}
