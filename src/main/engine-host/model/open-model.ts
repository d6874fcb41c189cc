import { existsSync, realpathSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { ModelFacts, ProviderId } from '../../../contract/engine-host.ts'
import { SnipError } from '../../../contract/failure.ts'
import type { Plan } from '../../../contract/files.ts'
import type { Site } from '../../../contract/neuron.ts'
import { neuronWidths, weightNames, type ModelLayout } from '../../../core/architectures/layout.ts'
import { findArchitecture } from '../../../core/architectures/registry.ts'
import { elementCount, type TensorEntry } from '../../../core/onnx/tensor-index.ts'
import { checkPlan, planMasks } from '../../../core/pruning/plan.ts'
import { createNeuronSpace, type NeuronSpace } from '../../../core/ranking/neuron-space.ts'
import { createTokenizer, type Tokenizer } from '../../../core/tokenizer/tokenizer.ts'
import { ModelSessions } from '../sessions/model-sessions.ts'
import { chooseProvider } from '../sessions/providers.ts'
import { openCheckpointWeights, readJsonFile, type WeightFiles } from './checkpoint-folder.ts'
import { openExportedModel } from './exported-model.ts'

/** A model whose headers were read and checked; its weights stay in the user's files. */
export interface OpenModel {
  readonly path: string
  readonly source: 'checkpoint' | 'export'
  readonly familyName: string
  readonly layout: ModelLayout
  readonly weights: WeightFiles
  /** Files that make up the model's hash: config.json and the weights. */
  readonly hashedFiles: readonly { readonly name: string; readonly path: string }[]
  readonly tokenizer: Tokenizer
  readonly space: NeuronSpace
  readonly sessions: ModelSessions
  readonly provider: ModelFacts['provider']
}

export interface OpenOptions {
  readonly path: string
  readonly tokenizer: string | null
  readonly threads: number
  readonly provider: ProviderId | null
  /** Whether ONNX Runtime may keep memory in an arena; it may, when left out. */
  readonly arena?: boolean
}

/** Opens a checkpoint folder or an exported .onnx file. Reads headers only. */
export async function openModel(options: OpenOptions): Promise<OpenModel> {
  const path = resolve(options.path)
  if (!existsSync(path)) {
    throw new SnipError('not-found', `There is no model at ${options.path}`, { remedy: 'Check the path.' })
  }
  const isFolder = statSync(path).isDirectory()
  if (!isFolder && !path.toLowerCase().endsWith('.onnx')) {
    throw new SnipError('bad-model', `${options.path} is neither a checkpoint folder nor an .onnx file`, {
      remedy: 'Point to the folder that holds config.json and the safetensors weights.',
    })
  }
  const { layout, weights, hashedFiles, familyName } = isFolder ? openFolder(path) : openExportedModel(path)
  const tokenizer = openTokenizer(isFolder ? path : dirname(path), options.tokenizer)
  if (tokenizer.vocabularySize > layout.vocabularySize) {
    throw new SnipError(
      'bad-tokenizer',
      `The tokenizer has ${tokenizer.vocabularySize} tokens, the model knows ${layout.vocabularySize}`,
      { remedy: 'Use the tokenizer.json that was published with this model.' },
    )
  }
  const provider = await chooseProvider(options.provider)
  const widths = neuronWidths(layout)
  return {
    path,
    source: isFolder ? 'checkpoint' : 'export',
    familyName,
    layout,
    weights,
    hashedFiles,
    tokenizer,
    space: createNeuronSpace(widths),
    sessions: new ModelSessions(layout, weights, {
      provider: provider.used,
      threads: options.threads,
      ...(options.arena === undefined ? {} : { arena: options.arena }),
    }),
    provider,
  }
}

function openFolder(folder: string) {
  const configPath = join(folder, 'config.json')
  if (!existsSync(configPath)) {
    throw new SnipError('bad-model', `${folder} holds no config.json`, {
      remedy: 'Point to the folder of a published checkpoint.',
    })
  }
  const config = readJsonFile(configPath, 'bad-model')
  const architecture = findArchitecture(config)
  const weights = openCheckpointWeights(folder)
  const layout = architecture.layout(config, weights.tensors)
  const files = [...weights.files].map(([name, { path }]) => ({ name, path }))
  return {
    layout,
    weights,
    familyName: architecture.name,
    hashedFiles: [{ name: 'config.json', path: realpathSync(configPath) }, ...files],
  }
}

function openTokenizer(folder: string, given: string | null): Tokenizer {
  const path = given === null ? join(folder, 'tokenizer.json') : resolve(given)
  if (!existsSync(path)) {
    throw new SnipError(
      'bad-tokenizer',
      given === null ? `${folder} holds no tokenizer.json` : `There is no file ${given}`,
      {
        remedy: 'Put the published tokenizer.json beside the model or name it with --tokenizer.',
      },
    )
  }
  const configPath = join(dirname(path), 'tokenizer_config.json')
  const config = existsSync(configPath) ? readJsonFile(configPath, 'bad-tokenizer') : undefined
  return createTokenizer(readJsonFile(path, 'bad-tokenizer'), config)
}

/** What callers are told of an open model. */
export function modelFacts(model: OpenModel, handle: string): ModelFacts {
  const { layout, weights, tokenizer } = model
  const used = weightNames(layout).map((name) => weights.tensors.get(name)!)
  const attention = layout.blocks.map((block) => (block.attention.kind === 'attention' ? block.attention : null))
  return {
    handle,
    path: model.path,
    source: model.source,
    family: layout.family,
    familyName: model.familyName,
    vocabularySize: layout.vocabularySize,
    contextLength: layout.contextLength,
    width: layout.width,
    layers: layout.blocks.length,
    headCounts: attention.map((layer) => layer?.headCount ?? 0),
    keyValueHeadCounts: attention.map((layer) => layer?.keyValueHeadCount ?? 0),
    headWidth: attention.find((layer) => layer !== null)?.headWidth ?? 0,
    neurons: neuronWidths(layout),
    weightTypes: [...new Set(used.map((entry) => entry.dtype))].toSorted(),
    parameters: used.reduce((sum, entry) => sum + (elementCount(entry.shape) ?? 0), 0),
    weightBytes: used.reduce((sum, entry) => sum + entry.byteLength, 0),
    tiedHead: layout.tiedHead,
    positions: layout.positions.kind,
    tokenizer: {
      vocabularySize: tokenizer.vocabularySize,
      beginId: tokenizer.specialIds.bos ?? null,
      endId: tokenizer.specialIds.eos ?? null,
    },
    provider: model.provider,
  }
}

/** One multiplier per neuron, by mask input; without a plan all are 1. Throws `bad-plan` for a neuron that is not there. */
export function masksOf(model: OpenModel, plan: Plan | null): Map<Site, readonly Float32Array[]> {
  if (plan !== null) checkPlan(plan, model.space)
  return planMasks(plan ?? { version: 1, neurons: [], replacement: 'zero' }, model.space)
}

/** The tensor entry that a layout names. */
export function tensorOf(model: Pick<OpenModel, 'weights'>, name: string): TensorEntry {
  const entry = model.weights.tensors.get(name)
  if (!entry) throw new SnipError('internal', `The layout names the tensor ${name}, which the files do not hold`)
  return entry
}
