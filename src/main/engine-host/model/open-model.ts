import { existsSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import type { DiscoveryFacts, ModelFacts, ProviderId } from '../../../contract/engine-host.ts'
import { SnipError } from '../../../contract/failure.ts'
import type { Plan } from '../../../contract/files.ts'
import type { Site } from '../../../contract/neuron.ts'
import { weightNames, type ImageInput, type ModelLayout } from '../../../core/architectures/layout.ts'
import { findArchitecture } from '../../../core/architectures/registry.ts'
import { elementCount, type TensorEntry } from '../../../core/onnx/tensor-index.ts'
import { checkPlan, planMasks } from '../../../core/pruning/plan.ts'
import { createNeuronSpace, type NeuronSpace } from '../../../core/ranking/neuron-space.ts'
import { PatchNames } from '../../../core/tokenizer/patch-names.ts'
import { createTokenizer, type Tokenizer } from '../../../core/tokenizer/tokenizer.ts'
import { ModelSessions } from '../sessions/model-sessions.ts'
import { chooseProvider } from '../sessions/providers.ts'
import { openCheckpointWeights, readJsonFile, type WeightFiles } from './checkpoint-folder.ts'
import { claimsToBeExported, openExportedModel } from './exported-model.ts'
import type { ForeignModel } from './foreign-graphs.ts'
import type { WeightFacts } from './foreign-weights.ts'
import { layoutGraphs, type GraphSource } from './graph-source.ts'
import { shapeOfLayout, type ModelShape } from './model-shape.ts'
import { openForeignModel } from './open-foreign.ts'
import { readoutOfLayout, type Readout } from './readout.ts'

/** A model whose headers were read and checked; its weights stay in the user's files. */
export interface OpenModel {
  readonly path: string
  readonly source: ModelFacts['source']
  readonly familyName: string
  readonly shape: ModelShape
  /** Null for a graph that another program made. */
  readonly layout: ModelLayout | null
  readonly graphs: GraphSource
  /** What the weights say of neurons and tokens; parts that a graph did not show are missing. */
  readonly readout: Partial<Readout>
  /** Names of the weights in use that can be read. */
  readonly usedWeights: readonly string[]
  readonly weightFacts: WeightFacts
  /** Null for a model that a layout describes. */
  readonly foreign: ForeignModel | null
  readonly discovery: DiscoveryFacts | null
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

/**
 * Opens a checkpoint folder or an exported .onnx file, of which headers are read only, or an .onnx file that another program wrote, which is
 * run on a few tokens to check what was found in it.
 */
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
  const opened = await openSource(path, isFolder, options.threads)
  const { shape, graphs, weights } = opened
  const image = opened.layout?.image
  const tokenizer = image
    ? new PatchNames(opened.familyName, image.height / image.patchHeight, image.width / image.patchWidth)
    : openTokenizer(isFolder ? path : dirname(path), options.tokenizer)
  if (!image && tokenizer.vocabularySize > shape.vocabularySize) {
    throw new SnipError(
      'bad-tokenizer',
      `The tokenizer has ${tokenizer.vocabularySize} tokens, the model knows ${shape.vocabularySize}`,
      { remedy: 'Use the tokenizer.json that was published with this model.' },
    )
  }
  const provider = await chooseProvider(options.provider)
  return {
    path,
    ...opened,
    tokenizer,
    space: createNeuronSpace(shape.neurons),
    sessions: new ModelSessions(graphs, weights.folder, {
      provider: provider.used,
      threads: options.threads,
      ...(options.arena === undefined ? {} : { arena: options.arena }),
    }),
    provider,
  }
}

/** All of a model but its tokenizer and its sessions. */
async function openSource(path: string, isFolder: boolean, threads: number) {
  if (!isFolder && !claimsToBeExported(path)) {
    const opened = await openForeignModel(path, threads)
    return { source: 'onnx', layout: null, usedWeights: [...opened.weights.tensors.keys()], ...opened } as const
  }
  const { layout, weights, familyName, hashedFiles } = isFolder ? openFolder(path) : openExportedModel(path)
  const usedWeights = weightNames(layout)
  const used = usedWeights.map((name) => weights.tensors.get(name)!)
  return {
    source: isFolder ? 'checkpoint' : 'export',
    shape: shapeOfLayout(layout),
    layout,
    graphs: layoutGraphs(layout, weights),
    readout: readoutOfLayout(layout),
    usedWeights,
    weightFacts: {
      types: [...new Set(used.map((entry) => entry.dtype))].toSorted(),
      parameters: used.reduce((sum, entry) => sum + (elementCount(entry.shape) ?? 0), 0),
      bytes: used.reduce((sum, entry) => sum + entry.byteLength, 0),
    },
    weights,
    foreign: null,
    discovery: null,
    familyName,
    hashedFiles,
  } as const
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
  const beside = join(folder, 'tokenizer.json')
  // Optimum and transformers.js keep graphs in a folder of their own, below the tokenizer.
  const above = join(dirname(folder), 'tokenizer.json')
  const found = !existsSync(beside) && basename(folder) === 'onnx' && existsSync(above) ? above : beside
  const path = given === null ? found : resolve(given)
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
  const { shape, weightFacts, tokenizer } = model
  return {
    handle,
    path: model.path,
    source: model.source,
    family: shape.family,
    familyName: model.familyName,
    objective: shape.objective,
    ...(model.layout?.image ? { image: imageFacts(model.layout.image) } : {}),
    vocabularySize: shape.vocabularySize,
    contextLength: shape.contextLength,
    width: shape.width,
    layers: shape.neurons.mlp.length,
    headCounts: [...shape.headCounts],
    keyValueHeadCounts: [...shape.keyValueHeadCounts],
    headWidth: shape.headWidth,
    neurons: { mlp: [...shape.neurons.mlp], attention: [...shape.neurons.attention] },
    weightTypes: [...weightFacts.types],
    parameters: weightFacts.parameters,
    weightBytes: weightFacts.bytes,
    tiedHead: shape.tiedHead,
    positions: shape.positions,
    tokenizer: {
      vocabularySize: tokenizer.vocabularySize,
      beginId: tokenizer.specialIds.bos ?? null,
      endId: tokenizer.specialIds.eos ?? null,
    },
    provider: model.provider,
    ...(model.discovery === null ? {} : { discovery: model.discovery }),
  }
}

function imageFacts({ height, width, channels, labels }: ImageInput): NonNullable<ModelFacts['image']> {
  return { height, width, channels, labels: [...labels] }
}

/** One multiplier per neuron, by mask input; without a plan all are 1. Throws `bad-plan` for a neuron that is not there. */
export function masksOf(model: OpenModel, plan: Plan | null): Map<Site, readonly Float32Array[]> {
  if (plan !== null) checkPlan(plan, model.space)
  return planMasks(plan ?? { version: 1, neurons: [], replacement: 'zero' }, model.space)
}

/** The layout of a model, for what only a layout can do. Throws `unsupported-model` for a graph that another program made. */
export function requireLayout(model: Pick<OpenModel, 'layout' | 'path'>, what: string): ModelLayout {
  if (model.layout !== null) return model.layout
  throw new SnipError('unsupported-model', `${model.path} was not written by snip export, which ${what} needs`, {
    remedy: 'Open the checkpoint folder that the file was made from.',
  })
}

/** The tensor entry that a layout or a graph names. */
export function tensorOf(model: Pick<OpenModel, 'weights'>, name: string): TensorEntry {
  const entry = model.weights.tensors.get(name)
  if (!entry) throw new SnipError('internal', `The layout names the tensor ${name}, which the files do not hold`)
  return entry
}
