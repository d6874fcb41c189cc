import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { SnipError } from '../../../contract/failure.ts'
import type { ModelLayout } from '../../../core/architectures/layout.ts'
import { exportMetadata, folderPurpose } from '../../../core/onnx/export-format.ts'
import { folderConfigChanges, folderModel } from '../../../core/onnx/folder-format.ts'
import { setJsonKeys } from '../../../core/pruning/edit-json.ts'
import type { FoldedModel } from '../../../core/pruning/fold-replacement.ts'
import type { FilePart, PlannedFile } from '../../../core/pruning/planned-file.ts'
import { readJsonFile } from '../model/checkpoint-folder.ts'
import type { OpenModel } from '../model/open-model.ts'
import { configFile, requireCheckpoint } from './export-checkpoint.ts'
import { copyOf, type Companion } from './export-companions.ts'
import { planOnnxFiles, type OnnxPlace } from './export-onnx.ts'

/**
 * A pruned model as the folder that transformers.js and Optimum load: onnx/model.onnx with its key-value cache as inputs and
 * outputs, where it continues text, config.json, and what generation and the tokenizer need where the source leaves it out.
 */
export function planFolderFiles(
  model: OpenModel,
  before: ModelLayout,
  folded: FoldedModel,
  { weights, metadata }: Pick<OnnxPlace, 'weights' | 'metadata'>,
  companions: readonly Companion[],
): PlannedFile[] {
  requireCheckpoint(model, 'A transformers.js folder')
  const writesText = model.shape.objective === 'causal'
  if (writesText) checkCacheShapes(before, folded.layout)
  const config = readJsonFile(join(model.path, 'config.json'), 'bad-model') as Record<string, unknown>
  const files = planOnnxFiles(folded, folderPurpose, {
    ...folderModel,
    weights,
    metadata: { ...metadata, [exportMetadata.graph]: exportMetadata.folderGraph },
  })
  const given = (name: string) => companions.find((companion) => companion.name === name) ?? null
  const copies = companions.filter(({ name }) => name !== tokenizerConfigName).map(copyOf)
  return [
    ...files,
    configFile(model, folderConfigChanges(config, before, files.length > 1)),
    ...(given('generation_config.json') || !writesText
      ? []
      : [jsonFile('generation_config.json', generationConfig(model, config))]),
    ...(before.image ? [] : [tokenizerConfigFile(given(tokenizerConfigName), model)]),
    ...copies,
  ]
}

/** The cache's shape stands in config.json once for all layers. Throws `bad-argument`, naming the layer that would differ. */
function checkCacheShapes(before: ModelLayout, after: ModelLayout): void {
  for (const [layer, { attention }] of before.blocks.entries()) {
    if (attention.kind === 'removed') continue
    const now = after.blocks[layer]!.attention
    const heads = now.kind === 'removed' ? 0 : now.keyValueHeadCount
    if (heads === attention.keyValueHeadCount) continue
    throw new SnipError(
      'bad-argument',
      `The attention of layer ${layer} would keep ${heads} of ${attention.keyValueHeadCount} key-value heads, and config.json gives one number for all layers`,
      { remedy: 'Choose zeroed, or write a single ONNX file.' },
    )
  }
}

function jsonFile(name: string, value: unknown): PlannedFile {
  const part: FilePart = { kind: 'bytes', bytes: Buffer.from(`${JSON.stringify(value, null, 2)}\n`) }
  return { name, parts: [part] }
}

/** Begin and end as config.json has them, else as the tokenizer does. */
function generationConfig(
  { tokenizer }: OpenModel,
  config: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const { bos, eos } = tokenizer.specialIds
  const ids = {
    bos_token_id: config['bos_token_id'] ?? bos,
    eos_token_id: config['eos_token_id'] ?? eos,
    pad_token_id: config['pad_token_id'],
  }
  const known = Object.entries(ids).filter(([, id]) => id !== undefined && id !== null)
  return { _from_model_config: true, ...Object.fromEntries(known) }
}

const tokenizerConfigName = 'tokenizer_config.json'

/**
 * Where the tokenizer's configuration says nothing of it, loaders would take spaces before punctuation out of the text: what is written
 * shall be the text that was shown.
 */
function tokenizerConfigFile(companion: Companion | null, { shape }: OpenModel): PlannedFile {
  if (companion === null) {
    const config = { tokenizer_class: 'PreTrainedTokenizerFast', model_max_length: shape.contextLength }
    return jsonFile(tokenizerConfigName, { ...config, clean_up_tokenization_spaces: false })
  }
  const config = readJsonFile(companion.from, 'bad-tokenizer') as Record<string, unknown>
  if (config['clean_up_tokenization_spaces'] != null) return copyOf(companion)
  const text = setJsonKeys(readFileSync(companion.from, 'utf8'), { clean_up_tokenization_spaces: false })
  return { name: tokenizerConfigName, parts: [{ kind: 'bytes', bytes: Buffer.from(text) }] }
}
