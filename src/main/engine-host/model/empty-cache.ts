import * as ort from 'onnxruntime-node'
import type { GraphSource } from './graph-source.ts'

/** Feeds of a cache that holds no position. */
export function emptyCache({ cache }: Pick<GraphSource, 'cache'>): Record<string, ort.Tensor> {
  const feeds: Record<string, ort.Tensor> = {}
  for (const { name, dims } of cache) feeds[name] = new ort.Tensor('float32', new Float32Array(0), [...dims])
  return feeds
}
