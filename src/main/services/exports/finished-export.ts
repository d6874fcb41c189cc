import { statSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { exportFormatSchema, verificationSchema } from '../../../contract/engine-host.ts'
import { planSchema } from '../../../contract/files.ts'
import { readRegularFile } from '../../files/read-regular.ts'
import type { ExportManifest } from './export-model.ts'
import type { ExportPlaces } from './export-places.ts'

const manifestSchema = z.object({
  version: z.literal(1),
  program: z.object({ name: z.literal('snip-workbench'), version: z.string(), onnxRuntime: z.string() }),
  modelHash: z.string(),
  planHash: z.string(),
  realisation: z.enum(['zeroed', 'compact']),
  format: exportFormatSchema.default('onnx'),
  plan: planSchema,
  files: z.array(z.object({ name: z.string(), bytes: z.number(), sha256: z.string() })),
  verification: verificationSchema,
  notes: z.array(z.string()).optional(),
})

/**
 * The manifest of a file that was exported and verified before, when it is of the same model, plan and realisation and its files
 * lie there in full; else null. A process that was killed after the last file was written leaves this.
 */
export function finishedExport(
  places: ExportPlaces,
  wanted: Pick<ExportManifest, 'modelHash' | 'planHash' | 'realisation' | 'format'>,
): ExportManifest | null {
  try {
    const manifest: ExportManifest = manifestSchema.parse(JSON.parse(readRegularFile(places.manifest).toString('utf8')))
    const { modelHash, planHash, realisation, format } = manifest
    if (modelHash !== wanted.modelHash || planHash !== wanted.planHash) return null
    if (realisation !== wanted.realisation || format !== wanted.format) return null
    const isWhole = manifest.files.every(({ name, bytes }) => statSync(join(places.folder, name)).size === bytes)
    return isWhole ? manifest : null
  } catch {
    return null
  }
}
