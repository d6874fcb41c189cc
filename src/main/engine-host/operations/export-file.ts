import { createHash } from 'node:crypto'
import { closeSync, fsyncSync, lstatSync, mkdirSync, openSync, rmSync, statSync, writeSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { SnipError } from '../../../contract/failure.ts'
import type { Plan } from '../../../contract/files.ts'
import { parseNeuron } from '../../../contract/neuron.ts'
import { buildDecoderGraph } from '../../../core/onnx/decoder-graph.ts'
import {
  exportMetadata,
  exportProducerVersion,
  exportPurpose,
  largestInlineBytes,
  placeWeights,
} from '../../../core/onnx/export-format.ts'
import {
  modelIrVersion,
  modelOpset,
  onnxType,
  serialiseModel,
  type ModelPiece,
  type WeightPlace,
} from '../../../core/onnx/serialise.ts'
import { derivedByteLength, derivedChunks, exportedType } from '../../../core/pruning/derived-bytes.ts'
import { checkPlan } from '../../../core/pruning/plan.ts'
import { realise, type DerivedTensor, type RealisedModel } from '../../../core/pruning/realise.ts'
import { FileSource } from '../../files/file-source.ts'
import { moveAllIntoPlace } from '../../files/move-into-place.ts'
import { fileError, syncFolder } from '../../files/write-aside.ts'
import { requireLayout, type OpenModel } from '../model/open-model.ts'
import { betweenBatches, endWhenOrphaned, progress, ProgressThrottle } from './steps.ts'
import { verifyExport } from './verify-export.ts'

export interface ExportRequest {
  readonly plan: Plan
  readonly realisation: 'zeroed' | 'compact'
  readonly file: string
  readonly weights: 'inline' | 'external'
  readonly metadata: Readonly<Record<string, string>>
}

export interface WrittenFile {
  readonly name: string
  readonly bytes: number
  readonly sha256: string
}

/**
 * Writes a pruned model. The files grow in a folder aside, are reloaded there and compared with the masked session, and are
 * moved to their place only when they agree: no file appears that was not verified, and none is ever overwritten.
 */
export async function* exportModel(model: OpenModel, request: ExportRequest, signal: AbortSignal | undefined) {
  const { file, plan, realisation } = request
  checkTarget(file)
  checkPlan(plan, model.space)
  const removed = plan.neurons.map((id) => parseNeuron(id)!)
  const realised = realise(requireLayout(model, 'the export'), model.weights.tensors, removed, realisation)
  const aside = join(dirname(file), `.${basename(file)}.unverified`)
  rmSync(aside, { recursive: true, force: true })
  try {
    mkdirSync(aside)
    const files = yield* writeFiles(model, realised, request, aside, signal)
    const verification = await verifyExport(model, plan, realisation, join(aside, basename(file)), signal)
    if (!verification.passed) {
      throw new SnipError(
        'verification-failed',
        `The exported file differs from the masked model by ${verification.maxAbsLogit} in a logit and ${verification.maxAbsLossNats} nats in a loss; it was not kept`,
        { remedy: 'This is a fault of ours: please report it with the model’s config.json.' },
      )
    }
    endWhenOrphaned()
    moveAllIntoPlace(files.toReversed().map(({ name }) => ({ from: join(aside, name), to: join(dirname(file), name) })))
    syncFolder(dirname(file))
    return { files, verification }
  } catch (error) {
    throw fileError(error, file, 'write')
  } finally {
    rmSync(aside, { recursive: true, force: true })
  }
}

function checkTarget(file: string): void {
  if (!file.toLowerCase().endsWith('.onnx')) {
    throw new SnipError('bad-argument', `${file} does not end in .onnx`, { remedy: 'Name the file something.onnx.' })
  }
  const folder = statSync(dirname(file), { throwIfNoEntry: false })
  if (!folder) {
    throw new SnipError('not-found', `There is no folder ${dirname(file)}`, { remedy: 'Create it or choose another.' })
  }
  if (!folder.isDirectory()) {
    throw new SnipError('bad-file', `${dirname(file)} is not a folder`, { remedy: 'Choose a folder for the file.' })
  }
  for (const path of [file, `${file}.data`]) {
    // A link to nothing exists, too.
    if (!lstatSync(path, { throwIfNoEntry: false })) continue
    throw new SnipError('exists', `${path} exists already`, {
      remedy: 'Choose another name: exports never overwrite a file.',
    })
  }
}

/** What an export will consist of, before a byte is written. */
interface PlannedFiles {
  readonly pieces: readonly ModelPiece[]
  readonly places: ReadonlyMap<string, WeightPlace>
  /** Bytes of weights. */
  readonly total: number
  readonly name: string
  /** Name of the file beside it that holds the weights; null when they are inside. */
  readonly dataName: string | null
}

function planFiles(
  { layout, tensors }: RealisedModel,
  { file, weights, metadata }: Pick<ExportRequest, 'file' | 'weights' | 'metadata'>,
): PlannedFiles {
  const name = basename(file)
  const graph = buildDecoderGraph(layout, (tensor) => exportedType(tensors.get(tensor)!.source.dtype), exportPurpose)
  const byteLengthOf = (weight: string) => derivedByteLength(tensors.get(weight)!)
  const total = graph.weights.reduce((sum, weight) => sum + byteLengthOf(weight), 0)
  const dataName = weights === 'external' || total > largestInlineBytes ? `${name}.data` : null
  const places = placeWeights(graph.weights, byteLengthOf, dataName)
  const pieces = serialiseModel(
    graph,
    (weight) => {
      const { source, shape } = tensors.get(weight)!
      return { name: weight, type: onnxType(exportedType(source.dtype)), dims: shape, place: places.get(weight)! }
    },
    {
      opset: modelOpset,
      irVersion: modelIrVersion,
      producerVersion: exportProducerVersion,
      metadata: {
        ...metadata,
        [exportMetadata.format]: exportMetadata.formatVersion,
        [exportMetadata.layout]: JSON.stringify(layout),
      },
    },
  )
  return { pieces, places, total, name, dataName }
}

/** Names and bytes of the files that an export would write. Reads no weight and writes nothing. */
export function exportSizes(model: OpenModel, request: ExportRequest): { name: string; bytes: number }[] {
  checkPlan(request.plan, model.space)
  const removed = request.plan.neurons.map((id) => parseNeuron(id)!)
  const realised = realise(requireLayout(model, 'the export'), model.weights.tensors, removed, request.realisation)
  const { pieces, places, name, dataName } = planFiles(realised, request)
  let bytes = 0
  for (const piece of pieces) {
    bytes += 'weight' in piece ? derivedByteLength(realised.tensors.get(piece.weight)!) : piece.bytes.length
  }
  let dataBytes = 0
  for (const place of places.values()) {
    if (place.kind === 'external') dataBytes = Math.max(dataBytes, place.offset + place.byteLength)
  }
  return [{ name, bytes }, ...(dataName === null ? [] : [{ name: dataName, bytes: dataBytes }])]
}

async function* writeFiles(
  model: OpenModel,
  realised: RealisedModel,
  request: ExportRequest,
  folder: string,
  signal: AbortSignal | undefined,
) {
  const { tensors } = realised
  const { pieces, places, total, name, dataName } = planFiles(realised, request)
  const throttle = new ProgressThrottle()
  const sources = new Sources(model)
  let done = 0
  const stream = async function* (weight: string, to: HashedFile) {
    const tensor = tensors.get(weight)!
    for (const chunk of derivedChunks(tensor, sources.of(tensor))) {
      to.write(chunk)
      done += chunk.length
      if (throttle.due(done, total)) yield progress(done, total, 'bytes')
      await betweenBatches(signal)
    }
  }
  const files: HashedFile[] = []
  try {
    const main = new HashedFile(folder, name)
    files.push(main)
    const data = dataName === null ? main : new HashedFile(folder, dataName)
    if (dataName !== null) files.push(data)
    for (const piece of pieces) {
      if ('weight' in piece) yield* stream(piece.weight, main)
      else main.write(piece.bytes)
    }
    for (const [weight, place] of places) {
      if (place.kind !== 'external') continue
      data.padTo(place.offset)
      yield* stream(weight, data)
    }
    return files.map((file) => file.finish())
  } finally {
    for (const file of files) file.close()
    sources.close()
  }
}

/** The model's weight files, opened when first needed. */
class Sources {
  readonly #model: OpenModel
  readonly #open = new Map<string, FileSource>()

  constructor(model: OpenModel) {
    this.#model = model
  }

  of({ source }: DerivedTensor): FileSource {
    const known = this.#open.get(source.file)
    if (known) return known
    const opened = new FileSource(this.#model.weights.files.get(source.file)!.path, source.file)
    this.#open.set(source.file, opened)
    return opened
  }

  close(): void {
    for (const source of this.#open.values()) source.close()
  }
}

/** A new file that is hashed while it is written. */
class HashedFile {
  readonly #name: string
  readonly #descriptor: number
  readonly #hash = createHash('sha256')
  #size = 0

  constructor(folder: string, name: string) {
    this.#name = name
    this.#descriptor = openSync(join(folder, name), 'wx')
  }

  write(bytes: Uint8Array): void {
    let done = 0
    while (done < bytes.length) done += writeSync(this.#descriptor, bytes, done, bytes.length - done)
    this.#hash.update(bytes)
    this.#size += bytes.length
  }

  padTo(offset: number): void {
    if (offset > this.#size) this.write(new Uint8Array(offset - this.#size))
  }

  /** Makes the content lasting. */
  finish(): WrittenFile {
    fsyncSync(this.#descriptor)
    return { name: this.#name, bytes: this.#size, sha256: this.#hash.digest('hex') }
  }

  close(): void {
    closeSync(this.#descriptor)
  }
}
