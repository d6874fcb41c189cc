import type { GraphPurpose } from './decoder-graph.ts'

/** Metadata keys of exported files. */
export const exportMetadata = { format: 'snip.format', formatVersion: '1', layout: 'snip.layout' } as const

/** `producer_version` of exported files; it counts changes of what they hold. */
export const exportProducerVersion = '1'

/** What an exported file computes: `input_ids` int64 [batch, sequence] -> `logits` f32 [batch, sequence, vocabulary]. */
export const exportPurpose: GraphPurpose = { attention: 'causal', masks: false, record: null, output: 'logits' }

/** Protobuf ends at 2 GiB; a file with more weights than this keeps them beside it. */
export const largestInlineBytes = 1.9 * 1024 ** 3
