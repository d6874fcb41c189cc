import { statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { verificationSchema } from '../../../contract/engine-host.ts'
import { planSchema } from '../../../contract/files.ts'
import { readRegularFile } from '../../files/read-regular.ts'
import { manifestPath, type ExportManifest } from './export-model.ts'

const manifestSchema = z.object({
  version: z.literal(1),
  program: z.object({ name: z.literal('snip-workbench'), version: z.string(), onnxRuntime: z.string() }),
  modelHash: z.string(),
  planHash: z.string(),
  realisation: z.enum(['zeroed', 'compact']),
  plan: planSchema,
  files: z.array(z.object({ name: z.string(), bytes: z.number(), sha256: z.string() })),
  verification: verificationSchema,
})

/**
 * The manifest of a file that was exported and verified before, when it is of the same model, plan and realisation and its files
 * lie there in full; else null. A process that was killed after the last file was written leaves this.
 */
export function finishedExport(
  file: string,
  wanted: Pick<ExportManifest, 'modelHash' | 'planHash' | 'realisation'>,
): ExportManifest | null {
  try {
    const manifest: ExportManifest = manifestSchema.parse(
      JSON.parse(readRegularFile(manifestPath(file)).toString('utf8')),
    )
    const { modelHash, planHash, realisation } = manifest
    if (modelHash !== wanted.modelHash || planHash !== wanted.planHash || realisation !== wanted.realisation)
      return null
    const isWhole = manifest.files.every(({ name, bytes }) => statSync(join(dirname(file), name)).size === bytes)
    return isWhole ? manifest : null
  } catch {
    return null
  }
}
