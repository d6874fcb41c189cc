import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { SnipError } from '../../../contract/failure.ts'
import type { ModelLayout } from '../../../core/architectures/layout.ts'
import { readSafetensorsLayout } from '../../../core/onnx/safetensors-layout.ts'
import {
  changedTensors,
  compactConfigChanges,
  weightFileParts,
  writtenBytes,
} from '../../../core/pruning/checkpoint-files.ts'
import { setJsonKeys } from '../../../core/pruning/edit-json.ts'
import type { FoldedModel } from '../../../core/pruning/fold-replacement.ts'
import type { FilePart, PlannedFile } from '../../../core/pruning/planned-file.ts'
import { withFile } from '../../files/file-source.ts'
import { readJsonFile } from '../model/checkpoint-folder.ts'
import type { OpenModel } from '../model/open-model.ts'

const indexName = 'model.safetensors.index.json'

/**
 * A pruned model as a checkpoint folder like its source: the same files, tensors, names, types and shards. Zeroed changes rows of
 * output projections alone; compact also shapes, the MLP's width in config.json and the size in the index.
 */
export function planCheckpointFiles(
  model: OpenModel,
  before: ModelLayout,
  folded: FoldedModel,
  realisation: 'zeroed' | 'compact',
): PlannedFile[] {
  requireCheckpoint(model, 'A checkpoint')
  const changes = realisation === 'compact' ? compactConfigChanges(before, folded.layout) : {}
  const changed = changedTensors(folded)
  const files: PlannedFile[] = [configFile(model, changes)]
  let totalBytes = 0
  for (const [name, { path }] of model.weights.files) {
    withFile(path, name, (file) => {
      const layout = readSafetensorsLayout(file)
      files.push({ name, parts: weightFileParts(file, layout, changed) })
      totalBytes += layout.tensors.reduce((sum, stored) => sum + writtenBytes(stored, changed), 0)
    })
  }
  if (!model.weights.files.has('model.safetensors')) {
    files.push({ name: indexName, parts: [indexPart(model, Object.keys(changes).length > 0 ? totalBytes : null)] })
  }
  return files
}

/** config.json of the source with some keys set; all else byte for byte. */
export function configFile(model: OpenModel, changes: Readonly<Record<string, unknown>>): PlannedFile {
  const bytes = readFileSync(join(model.path, 'config.json'))
  const part: FilePart =
    Object.keys(changes).length === 0
      ? { kind: 'bytes', bytes }
      : { kind: 'bytes', bytes: Buffer.from(setJsonKeys(bytes.toString('utf8'), changes)) }
  return { name: 'config.json', parts: [part] }
}

/** Throws `bad-argument` for a model that is no checkpoint folder: its config.json and layout are not known. */
export function requireCheckpoint(model: OpenModel, what: string): void {
  if (model.source === 'checkpoint' && existsSync(join(model.path, 'config.json'))) return
  throw new SnipError(
    'bad-argument',
    `${what} cannot be written of ${model.path}, which has no config.json of its own`,
    {
      remedy: 'Export from the checkpoint folder, or write a single ONNX file.',
    },
  )
}

function indexPart(model: OpenModel, totalBytes: number | null): FilePart {
  const path = join(model.path, indexName)
  if (totalBytes === null) return { kind: 'bytes', bytes: readFileSync(path) }
  const index = readJsonFile(path, 'bad-model') as { metadata?: Record<string, unknown> }
  const changed = { ...index, metadata: { ...index.metadata, total_size: totalBytes } }
  return { kind: 'bytes', bytes: Buffer.from(`${JSON.stringify(changed, null, 2)}\n`) }
}
