import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { InferenceSession } from 'onnxruntime-node'
import { BinaryWriter } from '@bufbuild/protobuf/wire'
import type { Plan } from '../../src/contract/files.ts'
import { decodeWeights } from '../../src/core/numbers/half.ts'
import { elementType } from '../../src/core/onnx/graph.ts'
import { parseModelGraph } from '../../src/core/onnx/model-graph-parse.ts'
import { writeValueInfo } from '../../src/core/onnx/serialise.ts'
import { editedParts, withLengths } from '../../src/core/onnx/surgery-edits.ts'
import { partChunks } from '../../src/core/pruning/planned-file.ts'
import { createRandom } from '../../src/core/stats/random.ts'
import { openModel, type OpenModel } from '../../src/main/engine-host/model/open-model.ts'
import { exportModel } from '../../src/main/engine-host/operations/export-file.ts'
import { plainFeeds } from '../../src/main/engine-host/operations/export-foreign.ts'
import { writeDecoder } from '../support/onnx-builder/decoder-file.ts'
import type { DecoderStyle } from '../support/onnx-builder/style.ts'
import { planOf } from './expectations.ts'

const torchFixtures = resolve(import.meta.dirname, '../fixtures/onnx/torch')

/** The vocabulary of all made files. */
const vocabulary = 61

/** A folder with a decoder in one style as `model.onnx`, its external weights and a tokenizer. */
export function writeStyle(folder: string, style: DecoderStyle): string {
  const file = writeDecoder(style)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'model.onnx'), file.bytes)
  if (file.weights) writeFileSync(join(folder, style.external!), file.weights)
  writeLetterTokenizer(folder)
  return join(folder, 'model.onnx')
}

/** The same with a file that torch wrote. */
export function copyTorchExport(folder: string, name: string): string {
  mkdirSync(folder, { recursive: true })
  cpSync(join(torchFixtures, name), join(folder, 'model.onnx'))
  writeLetterTokenizer(folder)
  return join(folder, 'model.onnx')
}

/** Letters, the space and the full stop, each a token. */
function writeLetterTokenizer(folder: string): void {
  const letters = [...'Ġabcdefghijklmnopqrstuvwxyzäöü.,ABCDEFGHIJKLMNOPQRSTUVWXYZ']
  const pieces = ['<|endoftext|>', ...letters].slice(0, vocabulary)
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true }
  const special = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true }
  const tokenizer = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [{ id: 0, content: pieces[0], ...special }],
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: null,
    decoder: byteLevel,
    model: { type: 'BPE', vocab: Object.fromEntries(pieces.map((piece, id) => [piece, id])), merges: [] },
  }
  writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(tokenizer))
}

export function open(path: string): Promise<OpenModel> {
  return openModel({ path, tokenizer: null, threads: 1, provider: 'cpu' })
}

/** Seeded tokens of one sequence. */
export function someIds(length: number, seed = 1): number[] {
  const random = createRandom(seed)
  return Array.from({ length }, () => random.integer(vocabulary))
}

/** A few neurons of each site and layer. */
export function fewNeurons({ space }: OpenModel): Plan {
  const random = createRandom(7)
  return planOf(
    (['attention', 'mlp'] as const).flatMap((site) =>
      space.layerWidths[site].flatMap((width, layer) =>
        random.sample(width, Math.min(3, width)).map((index) => `${site}:${layer}:${index}`),
      ),
    ),
  )
}

/** Logits of one sequence from a file in ONNX Runtime alone, its nodes run as they are written. */
export async function fileLogits(path: string, model: OpenModel, ids: readonly number[]): Promise<Float32Array> {
  const session = await InferenceSession.create(path, {
    graphOptimizationLevel: 'basic',
    intraOpNumThreads: 1,
    logSeverityLevel: 3,
  })
  const { discovered } = model.foreign!
  const results = await session.run(plainFeeds(session, discovered, ids), [discovered.logits])
  const { data } = results[discovered.logits]!
  const halves = data as Uint16Array
  const logits =
    data instanceof Float32Array
      ? data.slice()
      : decodeWeights('F16', new Uint8Array(halves.buffer as ArrayBuffer, halves.byteOffset, halves.byteLength))
  await session.release()
  return logits
}

export function bytesOf(path: string): Buffer {
  return readFileSync(path)
}

/** What a stream of an operation returns at its end. */
export async function resultOf<T>(running: AsyncGenerator<unknown, T>): Promise<T> {
  for (;;) {
    const step = await running.next()
    if (step.done) return step.value
  }
}

/** Exports a plan as `pruned.onnx` into a folder. */
export async function exportForeign(model: OpenModel, folder: string, plan: Plan, realisation: 'zeroed' | 'compact') {
  const file = join(folder, 'pruned.onnx')
  const metadata = { 'snip.planHash': 'abc' }
  const request = { plan, realisation, format: 'onnx', file, weights: 'inline', metadata, companions: [] } as const
  return { file, ...(await resultOf(exportModel(model, request, undefined))) }
}

/** Rewrites the first input of a file to sizes that are fixed: what exporters without dynamic axes write. */
export function fixSizes(path: string, batch: number, sequence: number): void {
  const bytes = readFileSync(path)
  const read = (offset: number, length: number) => bytes.subarray(offset, offset + length)
  const graph = parseModelGraph({ name: 'model.onnx', size: bytes.length, read })
  const body = graph.graphs[0]!
  const { name, range } = body.inputs[0]!
  const writer = new BinaryWriter()
  writeValueInfo(writer, 11, { name, type: elementType.int64, dims: [batch, sequence] })
  const edit = { from: range.from, to: range.to, parts: [{ kind: 'bytes', bytes: writer.finish() }] } as const
  const parts = editedParts('model.onnx', bytes.length, withLengths([edit], [body], read))
  const source = () => ({ name: 'model.onnx', size: bytes.length, read })
  writeFileSync(path, Buffer.concat(parts.flatMap((part) => [...partChunks(part, source)])))
}
