import { freemem, totalmem } from 'node:os'
import { implement } from '@orpc/server'
import { workbenchContract } from '../../../contract/workbench/index.ts'
import { residentBytes } from '../memory/memory-watch.ts'
import { diagnosticsText } from '../session/diagnostics.ts'
import type { WorkbenchSession } from '../session/session.ts'
import { programVersion } from '../version.ts'
import { handleFor } from './failures.ts'

export function appRouter(session: WorkbenchSession) {
  const { door, settings, workbench, dataFolder } = session
  const host = implement(workbenchContract.app).use(handleFor(session))
  return {
    info: host.info.handler(() => ({
      version: programVersion,
      door: door.door,
      platform: process.platform,
      nativeDialogs: door.nativeDialogs,
      showsFolders: door.showsFolders,
      uploadPath: door.uploadPath,
      uploadLimit: door.uploadLimit,
      dataFolder,
    })),
    settings: host.settings.handler(() => settings.current),
    changeSettings: host.changeSettings.handler(({ input }) => settings.change(input)),
    engine: host.engine.handler(async ({ signal }) => {
      const { pid, node, onnxRuntime, providers } = await workbench.engine.client.probe(
        undefined,
        signal === undefined ? {} : { signal },
      )
      const memory = { freeBytes: freemem(), totalBytes: totalmem(), engineBytes: residentBytes(pid) }
      return { pid, node, onnxRuntime, providers, memory }
    }),
    memory: host.memory.handler(() => session.memory.read()),
    diagnostics: host.diagnostics.handler(() => ({ text: diagnosticsText(session) })),
  }
}
