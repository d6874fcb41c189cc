import { dirname } from 'node:path'
import { InferenceSession, Tensor } from 'onnxruntime-node'

/** An exported file in a bare ONNX Runtime session, as anybody would run it. */
export async function openExported(path: string) {
  const session = await InferenceSession.create(path, {
    executionProviders: ['cpu'],
    intraOpNumThreads: 1,
    logSeverityLevel: 3,
    extra: { session: { model_external_initializers_file_folder_path: dirname(path) } },
  })
  return {
    session,
    /** Logits of a batch of equally long sequences: f32 [batch, tokens, vocabulary], and that shape. */
    async logits(batch: readonly (readonly number[])[]) {
      const ids = BigInt64Array.from(batch.flat(), BigInt)
      const feeds = { input_ids: new Tensor('int64', ids, [batch.length, batch[0]!.length]) }
      const { logits } = await session.run(feeds)
      return { data: logits!.data as Float32Array, dims: logits!.dims }
    },
    release: () => session.release(),
  }
}

/** Natural-log probability of each next token from logits [tokens, vocabulary], in f64. */
export function logprobsOf(logits: Float32Array, ids: readonly number[]): number[] {
  const vocabulary = logits.length / ids.length
  return ids.slice(1).map((next, position) => {
    const row = logits.subarray(position * vocabulary, (position + 1) * vocabulary)
    const largest = row.reduce((a, b) => Math.max(a, b), -Infinity)
    const sum = row.reduce((total, logit) => total + Math.exp(logit - largest), 0)
    return row[next]! - (largest + Math.log(sum))
  })
}
