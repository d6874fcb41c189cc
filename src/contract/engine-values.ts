import { z } from 'zod'

/** A stream's progress event: `done` of `total` units, so that callers can tell the time left. */
export const progressSchema = z.object({
  kind: z.literal('progress'),
  done: z.number().nonnegative(),
  total: z.number().nonnegative(),
  unit: z.string(),
})
export type Progress = z.infer<typeof progressSchema>

export const providerIdSchema = z.enum(['cuda', 'dml', 'coreml', 'webgpu', 'cpu'])
export type ProviderId = z.infer<typeof providerIdSchema>

export const refusedProviderSchema = z.object({ provider: providerIdSchema, reason: z.string() })

/** What was found in an ONNX file that another program wrote, and what was done to be sure of it. All texts are sentences. */
export const discoveryFactsSchema = z.object({
  /**
   * How plans act: by masks on the neurons, or, where nodes quantise activations as they run and a mask would change the scale of all others,
   * in weights whose rows are zero.
   */
  planBy: z.enum(['mask', 'zeroed-weights']),
  /** Sites that the structure leaves no doubt of. */
  certain: z.number(),
  /** Sites of which one step rests on convention, and which step that is. */
  likely: z.array(z.string()),
  /** What was computed to check it. */
  checked: z.array(z.string()),
  /** What is unusual. */
  notes: z.array(z.string()),
})
export type DiscoveryFacts = z.infer<typeof discoveryFactsSchema>

export const objectiveSchema = z.enum(['causal', 'masked', 'image'])
export type Objective = z.infer<typeof objectiveSchema>

export const modelFactsSchema = z.object({
  handle: z.string(),
  path: z.string(),
  /** `onnx`: a file that another program wrote. */
  source: z.enum(['checkpoint', 'export', 'onnx']),
  family: z.string(),
  familyName: z.string(),
  /** What it gives: the next token, the token behind a mask, or the class of an image. */
  objective: objectiveSchema.default('causal'),
  /** Of a classifier of images: what it reads, and its classes in the order of the logits. */
  image: z
    .object({ height: z.number(), width: z.number(), channels: z.number(), labels: z.array(z.string()) })
    .optional(),
  /** Classes of a classifier of images; its context are patches and the token that is classified. */
  vocabularySize: z.number(),
  contextLength: z.number(),
  width: z.number(),
  layers: z.number(),
  headCounts: z.array(z.number()),
  keyValueHeadCounts: z.array(z.number()),
  headWidth: z.number(),
  /** Neurons per layer of each site. */
  neurons: z.object({ mlp: z.array(z.number()), attention: z.array(z.number()) }),
  weightTypes: z.array(z.string()),
  parameters: z.number(),
  weightBytes: z.number(),
  tiedHead: z.boolean(),
  positions: z.string(),
  tokenizer: z.object({ vocabularySize: z.number(), beginId: z.number().nullable(), endId: z.number().nullable() }),
  provider: z.object({ used: providerIdSchema, refused: z.array(refusedProviderSchema) }),
  /** Of a file that another program wrote. */
  discovery: discoveryFactsSchema.optional(),
})
export type ModelFacts = z.infer<typeof modelFactsSchema>

export const tokenIdsSchema = z.array(z.number().int().nonnegative())

/** A candidate filled into its question: the whole text, and the characters that the candidate takes in it (UTF-16). */
export const filledCandidateSchema = z.object({ text: z.string(), choiceStart: z.number(), choiceEnd: z.number() })

/** How one cloze question is laid out for the engine, or why it was refused. */
export const clozeTaskSchema = z.discriminatedUnion('ok', [
  z.object({
    ok: z.literal(true),
    task: z.object({
      prefix: tokenIdsSchema,
      branches: z.array(z.object({ ids: tokenIdsSchema, choiceStart: z.number(), choiceEnd: z.number() })),
      cutTokens: z.number(),
    }),
  }),
  z.object({ ok: z.literal(false), reason: z.string() }),
])

/** Losses of one cloze question: the common prefix once, then the tokens of each candidate's own branch. */
export const clozeLossesSchema = z.object({
  prefixLossSum: z.number(),
  prefixPredicted: z.number(),
  branches: z.array(z.array(z.number())),
})

export const generationSettingsSchema = z.object({
  maxNewTokens: z.number().int().positive().max(100_000),
  /** 0 is greedy. */
  temperature: z.number().nonnegative(),
  seed: z.number().int(),
})

/** A token and what a neuron adds to its logit per unit of activation. */
export const tokenLogitSchema = z.object({ id: z.number(), piece: z.string(), logit: z.number() })
export type TokenLogit = z.infer<typeof tokenLogitSchema>

/**
 * What an export writes: one ONNX file; a folder that transformers.js and Optimum load; or a safetensors checkpoint like the source.
 */
export const exportFormatSchema = z.enum(['onnx', 'onnx-folder', 'checkpoint'])
export type ExportFormat = z.infer<typeof exportFormatSchema>

/** How an export compares with the masked session that was shown. */
export const verificationSchema = z.object({
  passed: z.boolean(),
  maxAbsLogit: z.number(),
  /** Largest |logit| of the masked session, which the tolerance is relative to. */
  largestLogit: z.number(),
  maxAbsLossNats: z.number(),
  sameGreedyText: z.boolean(),
  comparedTokens: z.number(),
  tolerance: z.number(),
  /**
   * Of a folder with a key-value cache: the largest difference over sequences of different lengths in one batch, padded on the left,
   * and over a step with the cache. Compared with the tolerance of compact.
   */
  maxAbsPaddedLogit: z.number().optional(),
  /** Bytes of the source's weights in use, and of the model files that were written. */
  sourceBytes: z.number().optional(),
  writtenBytes: z.number().optional(),
})
export type Verification = z.infer<typeof verificationSchema>

/** Milliseconds per token of both sides of a verification, the fastest of its sequences: facts of this machine and moment. */
export const exportTimingSchema = z.object({
  maskedMsPerToken: z.number(),
  exportedMsPerToken: z.number(),
  tokens: z.number(),
})
export type ExportTiming = z.infer<typeof exportTimingSchema>

export const recordingSummarySchema = z.object({
  kind: z.literal('done'),
  windows: z.number(),
  tokens: z.number(),
  neurons: z.number(),
  resumedAtWindow: z.number(),
})
