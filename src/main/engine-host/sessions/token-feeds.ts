import * as ort from 'onnxruntime-node'
import type { OpenModel } from '../model/open-model.ts'
import { int64Tensor } from './model-sessions.ts'

/**
 * Ids [batch, sequence] as a session reads them; `lengths` of them count in each row, and the others are padding on the right. Models that
 * read in both directions are told what is padding; every token is of type 0 in those that know several.
 */
export function tokenFeeds(
  { layout }: Pick<OpenModel, 'layout'>,
  ids: ArrayLike<number>,
  [batch, sequence]: readonly [number, number],
  lengths?: ArrayLike<number>,
): Record<string, ort.Tensor> {
  const dims = [batch, sequence]
  const feeds: Record<string, ort.Tensor> = { input_ids: int64Tensor(ids, dims) }
  if (layout?.bidirectional !== true) return feeds
  const mask = new BigInt64Array(batch * sequence)
  for (let row = 0; row < batch; row++) {
    mask.fill(1n, row * sequence, row * sequence + (lengths?.[row] ?? sequence))
  }
  feeds['attention_mask'] = new ort.Tensor('int64', mask, dims)
  if (layout.tokenTypes && layout.tokenTypes.rows > 1) {
    feeds['token_type_ids'] = new ort.Tensor('int64', new BigInt64Array(mask.length), dims)
  }
  return feeds
}
