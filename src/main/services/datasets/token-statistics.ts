import type { z } from 'zod'
import type { tokenStatisticsSchema } from '../../../contract/workbench/datasets.ts'
import { decodeUint32 } from '../../engine-host/client/bulk.ts'
import type { ModelReference } from '../engine/engine.ts'
import type { Models } from '../models/models.ts'

export type TokenStatistics = z.infer<typeof tokenStatisticsSchema>

/** Characters sent to the engine at a time. */
const charactersTogether = 4_000_000

/** Counts tokens of documents without special tokens, and how the documents spread over powers of two. */
export async function countTokens(
  models: Models,
  model: ModelReference,
  documents: readonly { readonly text: string }[],
  signal: AbortSignal,
): Promise<TokenStatistics> {
  const { handle } = await models.open(model, signal)
  const lengths = new Uint32Array(documents.length)
  for (let first = 0; first < documents.length;) {
    const texts: string[] = []
    for (let characters = 0; first + texts.length < documents.length && characters < charactersTogether;) {
      const { text } = documents[first + texts.length]!
      texts.push(text)
      characters += text.length
    }
    const counted = await models.engine.client.tokenLengths({ handle, texts }, { signal })
    lengths.set(decodeUint32(counted.lengths), first)
    first += texts.length
  }
  return statisticsOfLengths(lengths)
}

/** Edges 0, 1, 2, 4, 8 ... up to the first above the longest. */
export function statisticsOfLengths(lengths: Uint32Array): TokenStatistics {
  let tokens = 0
  let longest = 0
  for (const length of lengths) {
    tokens += length
    if (length > longest) longest = length
  }
  const edges = [0, 1]
  while (edges.at(-1)! <= longest) edges.push(edges.at(-1)! * 2)
  const counts = Array.from({ length: edges.length - 1 }, () => 0)
  for (const length of lengths) counts[length === 0 ? 0 : Math.floor(Math.log2(length)) + 1]! += 1
  return { documents: lengths.length, tokens, longest, histogram: { edges, counts } }
}
