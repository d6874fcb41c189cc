import * as ort from 'onnxruntime-node'
import { SnipError } from '../../../contract/failure.ts'
import { normaliseRow } from '../../../core/concepts/embedders/vectors.ts'
import { runSession } from '../sessions/session.ts'
import type { SentenceModel } from './sentence-model.ts'
import { betweenBatches } from './steps.ts'

/** Sentences of one run; those of like length go together. */
const sentencesTogether = 32

/** Vectors of texts: f32 [texts, dimensions], in the order given. A text without tokens is all zeros. */
export async function embedSentences(
  model: SentenceModel,
  texts: readonly string[],
  signal: AbortSignal | undefined,
): Promise<{ dimensions: number; vectors: Float32Array }> {
  const { tokenizer, prefix, mostTokens } = model
  const ids = texts.map((text) => cut(tokenizer.encode(prefix + text, { specialTokens: true }), mostTokens))
  const order = [...ids.keys()].toSorted((a, b) => ids[a]!.length - ids[b]!.length || a - b)
  let dimensions = 0
  let vectors = new Float32Array(0)
  for (let first = 0; first < order.length; first += sentencesTogether) {
    await betweenBatches(signal)
    const batch = order.slice(first, first + sentencesTogether)
    const { width, rows } = await runBatch(
      model,
      batch.map((at) => ids[at]!),
    )
    if (dimensions === 0) {
      dimensions = width
      vectors = new Float32Array(texts.length * width)
    }
    for (const [k, at] of batch.entries()) vectors.set(rows.subarray(k * width, (k + 1) * width), at * width)
  }
  return { dimensions, vectors }
}

/** The last token is the template's own, such as [SEP]: it stays. */
function cut(ids: readonly number[], most: number): readonly number[] {
  return ids.length <= most ? ids : [...ids.slice(0, most - 1), ids.at(-1)!]
}

async function runBatch(model: SentenceModel, batch: readonly (readonly number[])[]) {
  const length = Math.max(1, ...batch.map((ids) => ids.length))
  const size = batch.length * length
  const ids = new BigInt64Array(size)
  const mask = new BigInt64Array(size)
  for (const [row, tokens] of batch.entries()) {
    for (const [at, id] of tokens.entries()) {
      ids[row * length + at] = BigInt(id)
      mask[row * length + at] = 1n
    }
  }
  const dims = [batch.length, length]
  const known: Record<string, () => ort.Tensor> = {
    input_ids: () => new ort.Tensor('int64', ids, dims),
    attention_mask: () => new ort.Tensor('int64', mask, dims),
    token_type_ids: () => new ort.Tensor('int64', new BigInt64Array(size), dims),
    position_ids: () =>
      new ort.Tensor(
        'int64',
        BigInt64Array.from(ids, (_, i) => BigInt(i % length)),
        dims,
      ),
  }
  const feeds: Record<string, ort.Tensor> = {}
  for (const name of model.session.inputNames) {
    const make = known[name]
    if (!make) throw new SnipError('bad-model', `${model.name} asks for an input '${name}'`, { remedy: useAnother })
    feeds[name] = make()
  }
  const output = outputOf(model, await runSession(model.session, feeds))
  const [rows, second, third] = output.dims
  if (rows !== batch.length) throw wrongOutput(model, output)
  // Some exports have pooled already.
  if (output.dims.length === 2) return finish(model, output.data, second!, batch.length)
  if (output.dims.length !== 3 || second !== length) throw wrongOutput(model, output)
  return finish(
    model,
    pool(
      model.pooling,
      output.data,
      batch.map((tokens) => tokens.length),
      length,
      third!,
    ),
    third!,
    batch.length,
  )
}

function pool(
  pooling: SentenceModel['pooling'],
  states: Float32Array,
  lengths: readonly number[],
  length: number,
  width: number,
): Float32Array {
  const rows = new Float32Array(lengths.length * width)
  for (const [row, tokens] of lengths.entries()) {
    const counted = pooling === 'cls' ? Math.min(1, tokens) : tokens
    for (let token = 0; token < counted; token++) {
      const from = (row * length + token) * width
      for (let k = 0; k < width; k++) rows[row * width + k]! += states[from + k]! / counted
    }
  }
  return rows
}

function finish(model: SentenceModel, rows: Float32Array, width: number, count: number) {
  if (model.normalised) for (let row = 0; row < count; row++) normaliseRow(rows, row * width, width)
  return { width, rows }
}

const useAnother = 'Use an ONNX export of sentence-transformers with input_ids and attention_mask.'
/** Hidden states before what an export pooled itself: the folder's own configs say how to pool. */
const outputNames = ['last_hidden_state', 'token_embeddings', 'sentence_embedding']

function outputOf(
  model: SentenceModel,
  results: ort.InferenceSession.OnnxValueMapType,
): { dims: readonly number[]; data: Float32Array } {
  const names = model.session.outputNames
  const name = outputNames.find((one) => names.includes(one)) ?? names[0]!
  const output = results[name]
  if (output && output.data instanceof Float32Array) return { dims: output.dims, data: output.data }
  throw new SnipError('bad-model', `${model.name} has no output of f32`, { remedy: useAnother })
}

function wrongOutput(model: SentenceModel, { dims }: { readonly dims: readonly number[] }): SnipError {
  return new SnipError('bad-model', `${model.name} answers with shape [${dims.join(', ')}]`, { remedy: useAnother })
}
