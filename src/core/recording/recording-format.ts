import { z } from 'zod'
import { siteSchema } from '../../contract/neuron.ts'

/** Windows kept per neuron, most active first (methods: top activation records). */
export const topWindowCount = 20
/** Windows of the uniform sample shared by all neurons. */
export const sampleWindowCount = 1000
/** Marks an unused place of the top list. */
export const noWindow = 0xffffffff

/** More pieces than any vocabulary has: a manifest may come from anywhere, and arrays are made by its numbers. */
const mostPieces = 2 ** 24
const layerWidth = z.number().int().nonnegative()

/**
 * recording.json: what was recorded, from what. It is written last: a folder without it holds no finished recording.
 * Neurons are numbered in the order of the neuron space: site as in `sites`, then layer, then index.
 */
export const recordingManifestSchema = z.object({
  version: z.literal(1),
  model: z.object({
    path: z.string(),
    modelHash: z.string(),
    family: z.string(),
    vocabularySize: z.number().int().positive().max(mostPieces),
    contextLength: z.number().int().positive(),
  }),
  dataHash: z.string(),
  window: z.number().int().min(2),
  windows: z.number().int().positive(),
  /** Tokens that count: padding is left out. */
  tokens: z.number().int().positive(),
  rowData: z.boolean(),
  sites: z.array(siteSchema).min(1),
  layerWidths: z.object({ mlp: z.array(layerWidth), attention: z.array(layerWidth) }),
  neurons: z.number().int().positive(),
  sampled: z.number().int().nonnegative(),
  seed: z.number().int(),
  /** Every window begins and ends with what the tokenizer's template adds; they count like the others. */
  specialTokens: z.literal(true).exactOptional(),
})
export type RecordingManifest = z.infer<typeof recordingManifestSchema>

/**
 * Files of a recording, little-endian, N neurons, C windows of W tokens, S sampled windows:
 * statistics f64 [5, N] (countPositive, sum, sumAbs, sumSquares, max) · topWindows u32 [N, 20] · topMaxima f32 [N, 20] ·
 * topActivations f16 [N, 20, W] · sampleWindows u32 [S] ascending · sampleMaxima f16 [S, N] · histogram u32 [N, 64] ·
 * tokens i32 [C, W] · lengths i32 [C] · tokenStarts i32 [C] · rows i32 [C] (row data only).
 */
export const recordingFiles = {
  manifest: 'recording.json',
  statistics: 'statistics.f64',
  topWindows: 'top-windows.u32',
  topMaxima: 'top-maxima.f32',
  topActivations: 'top-activations.f16',
  sampleWindows: 'sample-windows.u32',
  sampleMaxima: 'sample-maxima.f16',
  histogram: 'histogram.u32',
  tokens: 'tokens.i32',
  lengths: 'lengths.i32',
  tokenStarts: 'token-starts.i32',
  rows: 'rows.i32',
  checkpoint: 'checkpoint.bin',
} as const
