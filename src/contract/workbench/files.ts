import { z } from 'zod'
import { call, nothing } from './call.ts'

/** What a file or folder is wanted for: decides which are shown and what is looked for in them. */
export const purposeSchema = z.enum([
  'model',
  'language-model',
  'sentence-model',
  'data',
  'workspace',
  'new-workspace',
  'export-folder',
])
export type Purpose = z.infer<typeof purposeSchema>

/**
 * A file or folder that the main side knows by `id`. Doors hand out grants (dialog, drop, upload, browsing, a path that
 * exists); every operation that touches a file of the user's takes the id, never a path.
 */
export const grantSchema = z.object({
  id: z.string(),
  kind: z.enum(['file', 'folder']),
  name: z.string(),
  /** For showing only. */
  path: z.string(),
  bytes: z.number().nullable(),
})
export type Grant = z.infer<typeof grantSchema>

export const lookedAtSchema = grantSchema.extend({
  /** What it seems to be, by its name or by what lies in it. */
  looksLike: z.enum(['model', 'workspace', 'data', 'other']),
})
export type LookedAt = z.infer<typeof lookedAtSchema>

export const entrySchema = lookedAtSchema.extend({ modifiedAt: z.number() })
export type Entry = z.infer<typeof entrySchema>

export const filesContract = {
  /** Places to start browsing from: home, working folder, the open demo's data, recent folders; `name` is for people. */
  places: call.input(z.object({ purpose: purposeSchema })).output(z.array(grantSchema)),
  /** What lies in a folder, folders first; at most 2,000 entries. Hidden ones are left out. */
  list: call.input(z.object({ folder: z.string(), purpose: purposeSchema })).output(
    z.object({
      folder: lookedAtSchema,
      parent: grantSchema.nullable(),
      entries: z.array(entrySchema),
      truncated: z.boolean(),
    }),
  ),
  /** A grant for a typed path that exists. Throws `not-found`. */
  resolve: call.input(z.object({ path: z.string().max(4096), purpose: purposeSchema })).output(lookedAtSchema),
  /** The native dialog, where `info.nativeDialogs`; null when the person cancelled. */
  dialog: call.input(z.object({ purpose: purposeSchema })).output(grantSchema.nullable()),
  /** Grants for files dropped on the desktop window, which the preload reported under this id. */
  dropped: call.input(z.object({ drop: z.string() })).output(z.array(grantSchema)),
  /** Shows a folder of the workspace or of an export in the system's file manager, where `info.showsFolders`. */
  show: call.input(z.object({ what: z.enum(['workspace', 'export']), id: z.string().nullable() })).output(nothing),
}
