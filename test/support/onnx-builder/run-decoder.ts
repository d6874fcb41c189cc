import { InferenceSession, Tensor } from 'onnxruntime-node'
import type { DecoderFile } from './decoder-file.ts'

/** Tokens [2, 7] that every style is run on. */
export const probeIds: readonly (readonly number[])[] = [
  [3, 14, 15, 9, 26, 5, 35],
  [8, 9, 7, 9, 3, 2, 38],
]

/** Logits [batch x sequence x vocabulary] of a written decoder, without a past. */
export async function runDecoder(
  file: DecoderFile,
  ids: readonly (readonly number[])[] = probeIds,
): Promise<Float32Array> {
  const { style, rename } = file
  const session = await InferenceSession.create(file.bytes, {
    intraOpNumThreads: 1,
    logSeverityLevel: 3,
    graphOptimizationLevel: 'basic',
    ...(file.weights === null ? {} : { externalData: [{ path: style.external!, data: file.weights }] }),
  })
  const batch = ids.length
  const sequence = ids[0]!.length
  const int64 = (values: readonly number[], dims: number[]) =>
    new Tensor('int64', BigInt64Array.from(values.map(BigInt)), dims)
  const feeds: Record<string, Tensor> = {}
  const feed = (name: string, tensor: Tensor): void => {
    if (session.inputNames.includes(rename(name))) feeds[rename(name)] = tensor
  }
  const flat = ids.flat()
  feed('input_ids', int64(flat, [batch, sequence]))
  feed(
    'attention_mask',
    int64(
      flat.map(() => 1),
      [batch, sequence],
    ),
  )
  feed(
    'position_ids',
    int64(
      flat.map((_, i) => i % sequence),
      [batch, sequence],
    ),
  )
  feed('use_cache_branch', new Tensor('bool', [false], [1]))
  const { keyValueHeads, headWidth, layers } = style.sizes
  for (let layer = 0; layer < layers; layer++) {
    for (const kind of ['key', 'value']) {
      const dims = [batch, keyValueHeads, 0, headWidth]
      const none = style.half ? new Tensor('float16', new Uint16Array(0), dims) : new Tensor('float32', [], dims)
      feed(`past_key_values.${layer}.${kind}`, none)
    }
  }
  const outputs = await session.run(feeds, [file.logits])
  const logits = Float32Array.from(outputs[file.logits]!.data as Float32Array)
  await session.release()
  return logits
}

/** Largest difference over the largest number of `expected`. */
export function relativeDifference(actual: Float32Array, expected: Float32Array): number {
  let difference = 0
  let largest = 0
  for (const [i, value] of expected.entries()) {
    difference = Math.max(difference, Math.abs(actual[i]! - value))
    largest = Math.max(largest, Math.abs(value))
  }
  return actual.length === expected.length ? difference / largest : Number.NaN
}
