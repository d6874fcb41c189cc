import { z } from 'zod'
import { providerIdSchema } from '../engine-host.ts'
import { call, reviewerSchema } from './call.ts'

export const appInfoSchema = z.object({
  version: z.string(),
  door: z.enum(['desktop', 'browser', 'command-line']),
  platform: z.string(),
  nativeDialogs: z.boolean(),
  showsFolders: z.boolean(),
  /** Where uploads go (`POST <path>?name=...` with the token), or null where files are dropped natively. */
  uploadPath: z.string().nullable(),
  /** Largest upload in bytes. */
  uploadLimit: z.number().nullable(),
  /** Where settings and caches lie. */
  dataFolder: z.string(),
})
export type AppInfo = z.infer<typeof appInfoSchema>

/** What a person sets once for all workspaces. Holds no secret. */
export const settingsSchema = z.object({
  /** Threads inside one operator; 0 means one for each processor. */
  threads: z.number().int().min(0).max(256),
  /** The only provider to use, or null for the best that starts. */
  provider: providerIdSchema.nullable(),
  theme: z.enum(['light', 'dark', 'system']),
  zoomPercent: z.number().int().min(90).max(200),
  /** Single-key and command shortcuts. */
  shortcuts: z.boolean(),
  /** Hints under the top bar that were put away for good. */
  coachDismissed: z.boolean(),
  /** Nothing is sent to any server of language models. */
  offline: z.boolean(),
  /** Name under which verdicts and edits of concepts are kept; nobody's when left out. */
  reviewer: reviewerSchema.optional(),
})
export type Settings = z.infer<typeof settingsSchema>

/** Memory of the GPUs, as far as their driver tells. `note` says why none is shown; null when one is. */
export const videoMemorySchema = z.object({
  gpus: z.array(z.object({ totalBytes: z.number().nullable(), usedBytes: z.number().nullable() })),
  note: z.string().nullable(),
})
export type VideoMemory = z.infer<typeof videoMemorySchema>

export const memoryNowSchema = z.object({
  freeBytes: z.number(),
  totalBytes: z.number(),
  /** Resident memory of the engine's process; null when none runs or the system does not tell. */
  engineBytes: z.number().nullable(),
  video: videoMemorySchema,
})
export type MemoryNow = z.infer<typeof memoryNowSchema>

export const appContract = {
  info: call.output(appInfoSchema),
  settings: call.output(settingsSchema),
  /** Changes some settings. Threads and provider take effect by starting the engine anew. */
  changeSettings: call.input(settingsSchema.partial()).output(settingsSchema),
  /** Which providers start here, tried one at a time, and why others were refused. */
  engine: call.output(
    z.object({
      pid: z.number().nullable(),
      node: z.string(),
      onnxRuntime: z.string(),
      providers: z.array(z.object({ provider: providerIdSchema, works: z.boolean(), reason: z.string().nullable() })),
      memory: z.object({ freeBytes: z.number(), totalBytes: z.number(), engineBytes: z.number().nullable() }),
    }),
  ),
  /** How full the memory is now. Starts nothing, and may be asked every few seconds. */
  memory: call.output(memoryNowSchema),
  /** Versions, settings, the state of the workspace and the last log lines; paths and secrets redacted. */
  diagnostics: call.output(z.object({ text: z.string() })),
}
