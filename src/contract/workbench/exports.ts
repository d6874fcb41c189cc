import { z } from 'zod'
import { exportFormatSchema, exportTimingSchema, verificationSchema } from '../engine-host.ts'
import { failureKindSchema } from '../failure.ts'
import { call, idSchema, nameSchema, nothing, startedSchema } from './call.ts'
import { planChoiceSchema } from './model.ts'

/** Whether a file of an export holds the model; the others are configuration and tokenizer. */
export function isModelFile(name: string): boolean {
  return /\.onnx(\.data|_data)?$|\.safetensors$/.test(name)
}

const realisation = z.enum(['zeroed', 'compact'])
const fileSchema = z.object({ name: z.string(), bytes: z.number() })

export const exportSchema = z.object({
  id: idSchema,
  name: z.string(),
  folder: z.string(),
  realisation,
  format: exportFormatSchema.default('onnx'),
  /** What stands in the place of the removed neurons. */
  replacement: z.enum(['zero', 'mean']).default('zero'),
  title: z.string(),
  at: z.number(),
  neurons: z.number(),
  planHash: z.string(),
  modelHash: z.string(),
  files: z.array(fileSchema.extend({ sha256: z.string() })),
  originalBytes: z.number(),
  verification: verificationSchema,
  /** Of the machine that wrote it; null where that is not known. */
  timing: exportTimingSchema.nullable().default(null),
  /** The manifest as it lies beside the file. */
  manifest: z.string(),
})
export type ExportInfo = z.infer<typeof exportSchema>

/** Where a report and its recipe were written. Paths are for showing. */
export const writtenReportSchema = z.object({
  folder: z.string(),
  report: z.string(),
  /** Null when the workspace has nothing that could be done again. */
  recipe: z.string().nullable(),
  /** What the recipe needs beside itself. */
  files: z.array(z.string()),
  /** Where the recipe cannot do quite the same again, one sentence each. */
  notes: z.array(z.string()),
})
export type WrittenReport = z.infer<typeof writtenReportSchema>

const choice = z.object({
  plan: planChoiceSchema,
  realisation,
  format: exportFormatSchema.default('onnx'),
  /** Name of the file without `.onnx`, or of the folder; letters, digits, dot, dash, underscore. */
  name: nameSchema,
  /** A granted folder, or null for the workspace's own `exports`. */
  folder: z.string().nullable(),
  weights: z.enum(['inline', 'external']).nullable(),
})

export const exportsContract = {
  list: call.output(z.array(exportSchema)),
  /** What would be written and how large, and what stands in the way. */
  estimate: call.input(choice).output(
    z.object({
      folder: z.string(),
      files: z.array(fileSchema),
      totalBytes: z.number(),
      originalBytes: z.number(),
      freeBytes: z.number(),
      neurons: z.number(),
      /** One sentence with what to do, when it cannot be written. */
      problem: z.string().nullable(),
      problemKind: failureKindSchema.nullable(),
    }),
  ),
  start: call.input(choice).output(startedSchema),
  /**
   * Writes what was done as reports/<name>.html and, to do it again, reports/<name>.recipe.yaml into the workspace. Throws
   * `exists` for a name that is taken.
   */
  report: call.input(z.object({ name: nameSchema })).output(writtenReportSchema),
  /** Takes it off the list; the files stay. */
  forget: call.input(z.object({ id: idSchema })).output(nothing),
}
