import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { SnipError, toSnipError } from '../../../../contract/failure.ts'
import type { Capabilities, Provider, ProviderDraft, ProviderView } from '../../../../contract/workbench/providers.ts'
import type { ModelReference } from '../../engine/engine.ts'

/** What stands for a host where nothing leaves this computer. */
export const localHost = 'this computer'

/** What a model that runs here can do: the tokens of a prompt are scored, those of an answer are not. */
export const localCapabilities: Capabilities = {
  logprobs: false,
  echo: true,
  embeddingDimensions: null,
  testedAt: null,
}

/** Graphs as Optimum and transformers.js name them, best first. */
const graphNames = ['model.onnx', 'decoder_model_merged.onnx', 'decoder_with_past_model.onnx', 'decoder_model.onnx']

/** Whether a provider is a language model in a folder, run by our own engine, and no server. */
export function isLocalModel({ baseUrl }: Pick<Provider, 'baseUrl'>): boolean {
  return baseUrl.startsWith('file:')
}

/** A provider for the language model in a folder, or in an .onnx file. One request runs at a time. Throws `not-found`, `bad-model`. */
export function localModelDraft(path: string, name: string | null): ProviderDraft {
  const full = resolve(path)
  if (!existsSync(full)) {
    throw new SnipError('not-found', `There is no language model at ${path}`, { remedy: 'Check the path.' })
  }
  const real = realpathSync(full)
  modelIn(real)
  const chatModel = basename(real)
  return {
    name: name ?? chatModel,
    baseUrl: pathToFileURL(real).href,
    chatModel,
    embeddingModel: null,
    concurrency: 1,
    plainHttpAllowed: false,
  }
}

/** The model that a local provider names. Throws `not-found`, `bad-model`. */
export function localModelOf(provider: Pick<Provider, 'baseUrl'>): ModelReference {
  const path = fileURLToPath(provider.baseUrl)
  if (!existsSync(path)) {
    throw new SnipError('not-found', `The language model ${basename(path)} is not there any more`, {
      remedy: 'Put it back, or remove it from the list and add it again from its new place.',
    })
  }
  return modelIn(path)
}

/** Why a local model's files cannot be used as they lie now; null when they can, as far as their names tell. */
export function problemOfLocalModel(provider: Pick<Provider, 'baseUrl'>): ProviderView['problem'] | null {
  try {
    localModelOf(provider)
    return null
  } catch (error) {
    const { message, remedy } = toSnipError(error)
    return { message, ...(remedy === undefined ? {} : { remedy }) }
  }
}

/** A checkpoint folder as it is; else the graph that lies in the folder or in its folder `onnx`. */
function modelIn(path: string): ModelReference {
  const isModel = (file: string) => existsSync(join(path, file))
  if (!statSync(path).isDirectory() || isModel('model.safetensors') || isModel('model.safetensors.index.json')) {
    return { path, tokenizer: null }
  }
  for (const folder of [path, join(path, 'onnx')]) {
    if (!existsSync(folder) || !statSync(folder).isDirectory()) continue
    const graphs = readdirSync(folder).filter((file) => file.toLowerCase().endsWith('.onnx'))
    const chosen = graphNames.find((file) => graphs.includes(file)) ?? (graphs.length === 1 ? graphs[0] : undefined)
    if (chosen !== undefined) return { path: join(folder, chosen), tokenizer: null }
  }
  throw new SnipError('bad-model', `${basename(path)} holds neither a checkpoint nor an ONNX file that is its model`, {
    remedy: 'Choose the folder of a language model, or its .onnx file.',
  })
}
