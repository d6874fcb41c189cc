import type { GraphPurpose } from './decoder-graph.ts'
import type { WeightPlace } from './serialise.ts'

/** Metadata keys of exported files. `graph` is there only when the graph is not the one of a single file. */
export const exportMetadata = {
  format: 'snip.format',
  formatVersion: '1',
  layout: 'snip.layout',
  graph: 'snip.graph',
  folderGraph: 'folder',
} as const

/** `producer_version` of exported files; it counts changes of what they hold. */
export const exportProducerVersion = '1'

/** What a single exported file computes: `input_ids` int64 [batch, sequence] -> `logits` f32 [batch, sequence, vocabulary]. */
export const exportPurpose: GraphPurpose = { attention: 'causal', masks: false, record: null, output: 'logits' }

/**
 * What onnx/model.onnx of an exported folder computes: the same from `input_ids`, `attention_mask` int64 [batch, past + sequence], `position_ids`
 * where the family takes them, and `past_key_values.N.key` and `.value`; `present.N.key` and `.value` are outputs, too.
 */
export const folderPurpose: GraphPurpose = { attention: 'padded', masks: false, record: null, output: 'logits' }

/** The purpose of the graph in a file with these metadata. */
export function purposeOfExport(metadata: ReadonlyMap<string, string>): GraphPurpose {
  return metadata.get(exportMetadata.graph) === exportMetadata.folderGraph ? folderPurpose : exportPurpose
}

/** Protobuf ends at 2 GiB; a file with more weights than this keeps them beside it. */
export const largestInlineBytes = 1.9 * 1024 ** 3

/** Weights in a file of their own begin at multiples of this, so that runtimes can map them as aligned vectors. */
const alignment = 64

/** Where an exported file has each weight, in order of use: in itself, or in the file `location` beside it. */
export function placeWeights(
  weights: readonly string[],
  byteLengthOf: (name: string) => number,
  location: string | null,
): Map<string, WeightPlace> {
  const places = new Map<string, WeightPlace>()
  let offset = 0
  for (const weight of weights) {
    const byteLength = byteLengthOf(weight)
    const inline = { kind: 'inline', byteLength } as const
    places.set(weight, location === null ? inline : { kind: 'external', location, offset, byteLength })
    offset = Math.ceil((offset + byteLength) / alignment) * alignment
  }
  return places
}
