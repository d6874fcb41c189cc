import { z } from 'zod'
import { neuronIdSchema } from '../neuron.ts'
import { call, idSchema, nameSchema, nothing } from './call.ts'

export const stepIds = ['model', 'data', 'neurons', 'forget', 'prune', 'compare', 'export'] as const

/** The offer of one click that takes a step on; `command` is one that the renderer knows how to carry out. */
export const stepActionSchema = z.object({
  label: z.string(),
  command: z.enum(['open-model', 'import-data', 'record', 'explain', 'extract', 'rank', 'measure', 'export']),
})

/** A step of the job as the rail shows it. `reason` says why it is empty or stale, or what is running. */
export const stepSchema = z.object({
  id: z.enum(stepIds),
  state: z.enum(['empty', 'ready', 'stale', 'running', 'done']),
  reason: z.string(),
  action: stepActionSchema.nullable(),
})
export type Step = z.infer<typeof stepSchema>

export const workspaceStateSchema = z.object({
  name: z.string(),
  path: z.string(),
  schemaVersion: z.number().int(),
  steps: z.array(stepSchema),
  /** What undo and redo would do, in words; null when there is nothing. */
  undo: z.string().nullable(),
  redo: z.string().nullable(),
  /** The one line of what to do next. */
  next: z.string(),
  /** The cut in use: ranking and how many of its neurons go. */
  cut: z.object({ ranking: idSchema, k: z.number().int().nonnegative() }).nullable(),
})
export type WorkspaceState = z.infer<typeof workspaceStateSchema>

/** What undo took back, or redo did again, in words, and the neuron that it was about where it was about one. */
const turnedSchema = z.object({ did: z.string().nullable(), neuron: neuronIdSchema.nullable() })

export const recentSchema = z.object({
  /** A grant's id; of a folder that is gone one that opens nothing. */
  id: z.string(),
  name: z.string(),
  path: z.string(),
  openedAt: z.number(),
  exists: z.boolean(),
})

export const workspaceContract = {
  /** The open workspace, or null. */
  current: call.output(workspaceStateSchema.nullable()),
  recent: call.output(z.array(recentSchema)),
  /** Takes a workspace off that list. Its folder stays. */
  forgetRecent: call.input(z.object({ id: z.string() })).output(nothing),
  /** Makes a folder `name` inside a granted folder. Throws `exists`. */
  create: call.input(z.object({ parent: z.string(), name: nameSchema })).output(workspaceStateSchema),
  /** Opens a workspace folder. Throws `busy`, naming the process that has it open, and where to join it. */
  open: call.input(z.object({ folder: z.string() })).output(workspaceStateSchema),
  /** Opens the demo: the copy made before, or a fresh one. */
  openDemo: call.input(z.object({ fresh: z.boolean() })).output(workspaceStateSchema),
  close: call.output(nothing),
  rename: call.input(z.object({ name: nameSchema })).output(workspaceStateSchema),
  /** Takes the last edit back. */
  undo: call.output(turnedSchema),
  redo: call.output(turnedSchema),
  /** Chooses the cut that all views share; null removes it. */
  setCut: call.input(z.object({ ranking: idSchema, k: z.number().int().nonnegative() }).nullable()).output(nothing),
}
