import { lstatSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { InferenceSession, Tensor } from 'onnxruntime-node'
import * as ort from 'onnxruntime-node'
import { SnipError } from '../../../contract/failure.ts'
import { parseNeuron } from '../../../contract/neuron.ts'
import type { DiscoveredModel } from '../../../core/discovery/discovered-model.ts'
import { discoverModel } from '../../../core/discovery/discover.ts'
import { isMerged } from '../../../core/onnx/flat-graph.ts'
import { cacheDims } from '../../../core/onnx/given-inputs.ts'
import { elementType } from '../../../core/onnx/graph.ts'
import { parseModelGraph } from '../../../core/onnx/model-graph-parse.ts'
import { planSurgery, type Surgery } from '../../../core/onnx/surgery.ts'
import { decodeWeights } from '../../../core/numbers/half.ts'
import { withFile } from '../../files/file-source.ts'
import { checkDiscovery } from '../model/check-discovery.ts'
import { findForeignFiles, readTensorBytes, withModelBytes } from '../model/foreign-files.ts'
import type { ForeignModel } from '../model/foreign-graphs.ts'
import type { OpenModel } from '../model/open-model.ts'
import { purposes } from '../sessions/model-sessions.ts'
import { underPlan } from '../sessions/plan-feeds.ts'
import { createSession, runSession, type SessionSettings } from '../sessions/session.ts'
import type { ExportRequest } from './export-file.ts'
import type { Reloaded } from './reload-export.ts'

/**
 * What an export of an ONNX file of another program consists of: the same file and the same external files with the plan's rows zeroed or, where
 * that is provable, taken out. Throws `unsupported-model` for what such a file cannot express.
 */
export function planForeignExport(model: OpenModel, foreign: ForeignModel, request: ExportRequest): Surgery {
  const { plan, realisation, format, file, metadata } = request
  if (format !== 'onnx') {
    throw new SnipError(
      'unsupported-model',
      `${model.path} was written by another program: it is exported as a file only`,
      {
        remedy: 'Choose the format of a single ONNX file.',
      },
    )
  }
  underPlan(model, purposes.logits, plan)
  const { files, graph, discovered } = foreign
  for (const location of files.paths.keys()) {
    const path = join(dirname(file), location)
    if (location === files.name || !lstatSync(path, { throwIfNoEntry: false })) continue
    throw new SnipError('exists', `${path} exists already, and the exported model needs a file of that name`, {
      remedy: 'Choose another folder: files beside the model keep their names.',
    })
  }
  const neurons = plan.neurons.map((id) => parseNeuron(id)!)
  const externalSizes = new Map<string, number>()
  for (const [location, path] of files.paths) {
    if (location !== files.name)
      externalSizes.set(
        location,
        withFile(path, location, ({ size }) => size),
      )
  }
  return withModelBytes(files, (bytes) =>
    planSurgery(
      graph,
      discovered,
      basename(file),
      {
        removed: (site, layer) =>
          neurons
            .filter((neuron) => neuron.site === site && neuron.layer === layer)
            .map(({ index }) => index)
            .toSorted((a, b) => a - b),
        realisation,
        metadata,
      },
      { read: bytes.read, readTensor: (tensor) => readTensorBytes(bytes, tensor), model: files.name, externalSizes },
    ),
  )
}

/** Loads an exported file as any other program would: by its path, fed with what its own inputs ask for. */
export async function openForeignFile(
  path: string,
  { discovered }: ForeignModel,
  hasWorkingCache: boolean,
  settings: SessionSettings,
): Promise<Reloaded> {
  if (isMerged(discovered) && hasWorkingCache) await checkBranches(path, settings.threads)
  const session = await createSession(path, dirname(path), settings)
  const logits = async (ids: readonly number[]) => {
    const results = await runSession(session, plainFeeds(session, discovered, ids), [discovered.logits])
    return sequenceLogits(results[discovered.logits]!, ids.length)
  }
  return { logits, cached: null, release: () => session.release() }
}

/** Both branches of a written merged decoder say the same: a plan that changed one alone does not pass. */
async function checkBranches(path: string, threads: number): Promise<void> {
  const name = basename(path)
  const graph = withFile(path, name, parseModelGraph)
  const files = findForeignFiles(dirname(path), name, graph)
  const { cached } = await checkDiscovery({ graph, discovered: discoverModel(graph), files }, threads)
  if (cached) return
  throw new SnipError('verification-failed', 'The branches of the exported file differ; it was not kept', {
    remedy: 'This is a fault of ours: please report it with the model’s exporter.',
  })
}

/** All inputs of a file for one sequence without a past; where its sizes are fixed, zeros stand behind the ids and in other rows. */
export function plainFeeds(
  session: Pick<InferenceSession, 'inputNames' | 'inputMetadata'>,
  { inputs, fixedBatch, fixedSequence }: DiscoveredModel,
  ids: readonly number[],
): Record<string, Tensor> {
  const batch = fixedBatch ?? 1
  const length = fixedSequence ?? ids.length
  const rows = (valueAt: (token: number) => number) =>
    Array.from({ length: batch * length }, (_, i) => valueAt(i % length))
  const feeds: Record<string, Tensor> = {}
  const feed = (name: string, type: number, values: readonly number[], dims: readonly number[]) => {
    if (session.inputNames.includes(name)) feeds[name] = tensorOfType(type, values, dims)
  }
  const dims = [batch, length]
  const padded = Array.from({ length: batch * length }, (_, i) => (i < ids.length ? ids[i]! : 0))
  feed(inputs.inputIds, inputs.inputIdsType, padded, dims)
  if (inputs.attentionMask)
    feed(
      inputs.attentionMask.name,
      inputs.attentionMask.type,
      rows(() => 1),
      dims,
    )
  if (inputs.tokenTypeIds)
    feed(
      inputs.tokenTypeIds.name,
      inputs.tokenTypeIds.type,
      rows(() => 0),
      dims,
    )
  if (inputs.positionIds)
    feed(
      inputs.positionIds.name,
      inputs.positionIds.type,
      rows((token) => token),
      dims,
    )
  if (inputs.useCacheBranch !== null) feed(inputs.useCacheBranch, elementType.bool, [0], [1])
  for (const cache of inputs.pastKeyValues) {
    const shape = cacheDims(cache).map((size) => size ?? batch)
    feed(cache.past, cache.type, [], shape)
  }
  // What is declared and never read must be fed all the same.
  for (const info of session.inputMetadata) {
    if (info.name in feeds || !info.isTensor) continue
    const shape = info.shape.map((size, axis) => (typeof size === 'number' ? size : axis === 0 ? batch : length))
    const type = namedTypes.get(info.type) ?? elementType.float
    const count = shape.reduce((product, size) => product * size, 1)
    feed(
      info.name,
      type,
      Array.from({ length: count }, () => 0),
      shape,
    )
  }
  return feeds
}

const int32 = 6
const namedTypes: ReadonlyMap<string, number> = new Map([
  ['int64', elementType.int64],
  ['int32', int32],
  ['bool', elementType.bool],
  ['float16', elementType.float16],
])

function tensorOfType(type: number, values: readonly number[], dims: readonly number[]): Tensor {
  switch (type) {
    case elementType.int64:
      return new ort.Tensor('int64', BigInt64Array.from(values, BigInt), dims)
    case int32:
      return new ort.Tensor('int32', Int32Array.from(values), dims)
    case elementType.bool:
      return new ort.Tensor('bool', Uint8Array.from(values), dims)
    case elementType.float16:
      // 1 and 0 are all that a mask of halves holds.
      return new ort.Tensor(
        'float16',
        Uint16Array.from(values, (value) => (value === 0 ? 0 : 0x3c00)),
        dims,
      )
    default:
      return new ort.Tensor('float32', Float32Array.from(values), dims)
  }
}

/** The first row's logits of the first tokens as f32. */
function sequenceLogits({ data, dims, type }: Tensor, tokens: number): Float32Array {
  const count = tokens * (dims.at(-1) ?? 1)
  if (data instanceof Float32Array) return data.slice(0, count)
  if (type === 'float16' && 'buffer' in data) {
    const { buffer, byteOffset } = data as Uint16Array
    return decodeWeights('F16', new Uint8Array(buffer as ArrayBuffer, byteOffset, count * 2))
  }
  throw new SnipError('internal', `The logits are of type ${type}`)
}
