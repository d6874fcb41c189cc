import { z } from 'zod'
import { neuronIdSchema, siteSchema } from '../neuron.ts'
import { bulkSchema, call, nothing } from './call.ts'
import { textSchema } from './model.ts'

export const pinSchema = z.enum(['always', 'never'])
export type Pin = z.infer<typeof pinSchema>

export const conceptStatusSchema = z.enum(['none', 'suggested', 'accepted', 'edited', 'rejected', 'failed'])
/** Codes of the `status` column, in this order from 0. */
export const conceptStatuses = conceptStatusSchema.options

/**
 * Every neuron of the recorded sites as columns. Row r is the r-th neuron in the order mlp before attention, then layer, then
 * index; `layout` says how rows map to neurons. Numbers that do not exist (no concept score) are NaN.
 */
export const neuronTableSchema = z.object({
  revision: z.number(),
  rows: z.number().int(),
  /** Runs of rows: `width` neurons of one site and layer, from row `first`. */
  layout: z.array(z.object({ site: siteSchema, layer: z.number(), first: z.number(), width: z.number() })),
  columns: z.object({
    freq: bulkSchema,
    meanAbs: bulkSchema,
    rms: bulkSchema,
    stdPopulation: bulkSchema,
    mean: bulkSchema,
    max: bulkSchema,
    /** Score of the concept (explanation), f32. */
    conceptScore: bulkSchema,
    /** u8, index into `conceptStatuses`. */
    status: bulkSchema,
    /** u8: 0 none, 1 always prune, 2 never prune. */
    pin: bulkSchema,
  }),
  /** JSON array of strings, one per row; '' where there is no concept. */
  concepts: bulkSchema,
})
export type NeuronTable = z.infer<typeof neuronTableSchema>

export const shadedWindowSchema = z.object({
  tokenStart: z.number(),
  row: z.number().nullable(),
  pieces: z.array(z.string()),
  activations: z.array(z.number()),
  max: z.number(),
  /** What the concept predicts, token by token on the scale of the activations; null when it is not scoreable. */
  simulated: z.array(z.number()).nullable(),
})
export type ShadedWindow = z.infer<typeof shadedWindowSchema>

const histogramSchema = z.object({ edges: z.array(z.number()), counts: z.array(z.number()) })

export const neuronPageSchema = z.object({
  neuron: neuronIdSchema,
  row: z.number().int(),
  concept: z.object({
    text: z.string(),
    author: z.string().nullable(),
    score: z.number().nullable(),
    scoreKind: z.string().nullable(),
    reason: z.string().nullable(),
    status: conceptStatusSchema,
    /** What explainers wrote last, when a person's sentence or one that was accepted before stands above it. */
    suggestion: z.string().nullable(),
  }),
  pin: pinSchema.nullable(),
  tokens: z.number(),
  statistics: z.object({
    freq: z.number(),
    meanAbs: z.number(),
    rms: z.number(),
    stdPopulation: z.number(),
    mean: z.number(),
    max: z.number(),
  }),
  histogram: histogramSchema,
  /** Histograms of the forget and retain recordings, when both hold this neuron. */
  forgetHistogram: histogramSchema.nullable(),
  retainHistogram: histogramSchema.nullable(),
  /** Tokens whose logits its output row raises and lowers most; null where it has no such row (attention of some families). */
  promoted: z.array(z.object({ id: z.number(), piece: z.string(), logit: z.number() })).nullable(),
  suppressed: z.array(z.object({ id: z.number(), piece: z.string(), logit: z.number() })).nullable(),
  /** The top windows first, then quantile bands from high to low. */
  bands: z.array(
    z.object({
      name: z.string(),
      from: z.number().nullable(),
      to: z.number().nullable(),
      /** Windows of the band in the sample, of which `windows` are some. */
      count: z.number(),
      note: z.string().nullable(),
      windows: z.array(shadedWindowSchema),
    }),
  ),
  /** Neurons whose activity over the sampled windows is most alike (Pearson of window maxima). */
  related: z.array(z.object({ neuron: neuronIdSchema, correlation: z.number(), concept: z.string() })),
})
export type NeuronPage = z.infer<typeof neuronPageSchema>

const some = z.array(neuronIdSchema).min(1).max(100_000)

export const neuronsContract = {
  /** Null before anything was recorded. */
  table: call.output(neuronTableSchema.nullable()),
  page: call.input(z.object({ neuron: neuronIdSchema })).output(neuronPageSchema),
  /** Activations of one neuron on a text of one's own, in windows of the recording's length. */
  testText: call
    .input(z.object({ neuron: neuronIdSchema, text: textSchema }))
    .output(z.object({ pieces: z.array(z.string()), activations: z.array(z.number()) })),
  /** Writes a person's concept; the explainer's stays beside it. One undoable edit. */
  editConcept: call
    .input(z.object({ neuron: neuronIdSchema, text: z.string().trim().min(1).max(10_000) }))
    .output(nothing),
  /** Goes back to the explainer's newest sentence, from a person's or from one that was accepted before. */
  revertConcept: call.input(z.object({ neuron: neuronIdSchema })).output(nothing),
  review: call
    .input(z.object({ neurons: some, status: z.enum(['accepted', 'rejected', 'suggested']) }))
    .output(nothing),
  pin: call.input(z.object({ neurons: some, pin: pinSchema.nullable() })).output(nothing),
  /** All that was said of a neuron, by persons, explainers and imports, in the order in which it was said. */
  history: call.input(z.object({ neuron: neuronIdSchema })).output(
    z.array(
      z.object({
        at: z.number(),
        author: z.string(),
        what: z.string(),
        undone: z.boolean(),
        /** The sentence that was written or judged; null where it is about none. */
        text: z.string().nullable(),
      }),
    ),
  ),
}
