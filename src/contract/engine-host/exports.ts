import { z } from 'zod'
import { exportFormatSchema, exportTimingSchema, verificationSchema } from '../engine-values.ts'
import { planSchema } from '../files.ts'
import { call, handle, progressThen } from './call.ts'

const exportRequestSchema = z.object({
  handle,
  plan: planSchema,
  realisation: z.enum(['zeroed', 'compact']),
  format: exportFormatSchema.default('onnx'),
  /** The .onnx file, or the folder to make. */
  file: z.string(),
  weights: z.enum(['inline', 'external']),
  metadata: z.record(z.string(), z.string()),
  /** Files that a folder takes over as they are. */
  companions: z.array(z.object({ from: z.string(), name: z.string(), bytes: z.number() })).default([]),
})

/** Writing pruned models. */
export const exportCalls = {
  /** Names and bytes of the files that an export would write. */
  exportSizes: call
    .input(exportRequestSchema)
    .output(z.object({ files: z.array(z.object({ name: z.string(), bytes: z.number() })) })),
  /** Writes a pruned model to a file or folder that did not exist, reloads it and compares it with the masked session. */
  exportModel: call.input(exportRequestSchema).output(
    progressThen(
      z.object({
        kind: z.literal('done'),
        files: z.array(z.object({ name: z.string(), bytes: z.number(), sha256: z.string() })),
        verification: verificationSchema,
        timing: exportTimingSchema,
        /** Sentences: what was done otherwise than asked, and why. */
        notes: z.array(z.string()),
      }),
    ),
  ),
}
