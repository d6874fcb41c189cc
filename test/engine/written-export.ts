import { readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Plan } from '../../src/contract/files.ts'
import type { NeuronId } from '../../src/contract/neuron.ts'
import { readSafetensorsHeader } from '../../src/core/onnx/safetensors.ts'
import type { TensorEntry } from '../../src/core/onnx/tensor-index.ts'
import type { OpenModel } from '../../src/main/engine-host/model/open-model.ts'
import { exportModel, type ExportRequest } from '../../src/main/engine-host/operations/export-file.ts'
import { withFile } from '../../src/main/files/file-source.ts'

/** Exports a model in this process, with its tokenizer in the folders, and answers what the export says of itself. */
export async function writeExport(
  model: OpenModel,
  request: Pick<ExportRequest, 'plan' | 'realisation' | 'format' | 'file'> & Partial<ExportRequest>,
) {
  const { companions = request.format === 'onnx' ? [] : tokenizerOf(model) } = request
  const events = exportModel(model, { weights: 'inline', metadata: {}, ...request, companions }, undefined)
  let event = await events.next()
  while (!event.done) event = await events.next()
  return event.value
}

/** The tokenizer files of a checkpoint, as an export takes them over. */
export function tokenizerOf({ path }: OpenModel) {
  return ['tokenizer.json', 'tokenizer_config.json'].map((name) => {
    const from = join(path, name)
    return { from, name, bytes: statSync(from).size }
  })
}

/** A plan whose neurons go to zero. */
export function zeroPlan(neurons: readonly NeuronId[]): Plan {
  return { version: 1, neurons: [...neurons], replacement: 'zero' }
}

/** A plan whose neurons stay at values of their own. */
export function meanPlan(neurons: readonly NeuronId[]): Plan {
  return { version: 1, neurons: [...neurons], replacement: 'mean', means: neurons.map((_, at) => ((at % 5) - 2) / 8) }
}

/** The first `count` MLP neurons of every layer, from `from` on: what every config.json can say. */
export function evenlyNarrower({ shape }: OpenModel, from: number, count: number): NeuronId[] {
  return shape.neurons.mlp.flatMap((_, layer) => Array.from({ length: count }, (__, i) => `mlp:${layer}:${from + i}`))
}

export interface StoredTensor extends Omit<TensorEntry, 'offset' | 'file' | 'byteLength'> {
  readonly file: string
  readonly bytes: Buffer
}

/** Every tensor of safetensors files with its bytes, by name. */
export function storedTensors(paths: readonly string[]): Map<string, StoredTensor> {
  const tensors = new Map<string, StoredTensor>()
  for (const path of paths) {
    const bytes = readFileSync(path)
    for (const { name, dtype, shape, offset, byteLength } of withFile(path, basename(path), readSafetensorsHeader)
      .tensors) {
      const own = bytes.subarray(offset, offset + byteLength)
      tensors.set(name, { name, dtype, shape, file: basename(path), bytes: own })
    }
  }
  return tensors
}
