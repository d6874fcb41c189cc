import { eventIterator, oc } from '@orpc/contract'
import { z } from 'zod'
import { conceptSchema, forgetConceptSchema, planSchema } from './files.ts'
import { failureSchema } from './failure.ts'
import {
  clozeLossesSchema,
  clozeTaskSchema,
  exportFormatSchema,
  exportTimingSchema,
  filledCandidateSchema,
  generationSettingsSchema,
  modelFactsSchema,
  progressSchema,
  providerIdSchema,
  recordingSummarySchema,
  tokenIdsSchema,
  tokenLogitSchema,
  verificationSchema,
} from './engine-values.ts'
import { neuronIdSchema, siteSchema } from './neuron.ts'

export * from './engine-values.ts'

const handle = z.string()
const plan = planSchema.nullable()
/** Numbers in bulk: base64 of a little-endian typed array. Blobs do not cross inside event streams. */
const bytes = z.base64()

const documentSchema = z.object({ text: z.string(), row: z.number().int().nonnegative().optional() })

const exportRequestSchema = z.object({
  handle,
  plan: planSchema,
  realisation: z.enum(['zeroed', 'compact']),
  format: exportFormatSchema.default('onnx'),
  /** The .onnx file, or the folder to make. */
  file: z.string(),
  weights: z.enum(['inline', 'external']),
  metadata: z.record(z.string(), z.string()),
  /** Files that a folder takes over as they are. */
  companions: z.array(z.object({ from: z.string(), name: z.string(), bytes: z.number() })).default([]),
})

/** One of several ways to do something, with whose it is. */
const memberSchema = z.object({ id: z.string(), name: z.string(), citation: z.string() })

/** Progress events, then what `last` describes. */
function progressThen<Shape extends z.core.$ZodShape & { readonly kind: z.ZodLiteral<string> }>(
  last: z.ZodObject<Shape>,
) {
  return eventIterator(z.discriminatedUnion('kind', [progressSchema, last]))
}

const call = oc.errors({ FAILURE: { data: failureSchema } })

/**
 * What the engine host does, for one process that owns ONNX Runtime. Bulk numbers cross as base64 of
 * little-endian typed arrays (client/bulk.ts reads and writes them); everything else as JSON. A handle names an open model, a corpus or a set of cloze questions.
 */
export const engineHostContract = {
  /** Which providers can start here, tried one at a time, and versions. */
  probe: call.output(
    z.object({
      pid: z.number(),
      node: z.string(),
      onnxRuntime: z.string(),
      providers: z.array(z.object({ provider: providerIdSchema, works: z.boolean(), reason: z.string().nullable() })),
    }),
  ),
  /** Opens a checkpoint folder or an exported .onnx: headers only, weights stay on disk. */
  open: call
    .input(
      z.object({
        path: z.string(),
        tokenizer: z.string().nullable(),
        threads: z.number().int().nonnegative(),
        provider: providerIdSchema.nullable(),
      }),
    )
    .output(modelFactsSchema),
  close: call.input(z.object({ handle })).output(z.null()),
  /** SHA-256 of config.json and the weight files (DESIGN: modelHash). */
  hash: call.input(z.object({ handle })).output(z.object({ modelHash: z.string() })),
  /** With `most`, a text that has more tokens is refused (`bad-argument`) as soon as that is known. */
  encode: call
    .input(
      z.object({
        handle,
        text: z.string(),
        specialTokens: z.boolean(),
        most: z.number().int().positive().optional(),
      }),
    )
    .output(
      z.object({ ids: tokenIdsSchema, pieces: z.array(z.string()), spans: z.array(z.tuple([z.number(), z.number()])) }),
    ),
  decode: call
    .input(z.object({ handle, ids: tokenIdsSchema, skipSpecialTokens: z.boolean() }))
    .output(z.object({ text: z.string(), pieces: z.array(z.string()) })),
  /** What each token of some windows shows, one piece for each id: joined they are the text. */
  pieces: call
    .input(z.object({ handle, windows: z.array(tokenIdsSchema) }))
    .output(z.object({ pieces: z.array(z.array(z.string())) })),
  /** Number of tokens of each text, u32. */
  tokenLengths: call.input(z.object({ handle, texts: z.array(z.string()) })).output(z.object({ lengths: bytes })),
  /**
   * Tokenizes documents, cuts them into windows and keeps them under a handle. With `specialTokens` every window is framed by what the tokenizer's
   * template adds, and holds that many fewer tokens of the text; `frame` says how many the template adds, used or not.
   */
  corpus: call
    .input(
      z.object({
        handle,
        documents: z.array(documentSchema),
        keepShort: z.boolean(),
        window: z.number().int(),
        tokens: z.number().int().positive().nullable(),
        specialTokens: z.boolean().default(false),
      }),
    )
    .output(z.object({ corpus: z.string(), windows: z.number(), tokens: z.number(), frame: z.number() })),
  /** Forgets a corpus. One that was closed before is no failure. */
  closeCorpus: call.input(z.object({ handle, corpus: z.string() })).output(z.null()),
  /** Loss of each predicted token of a corpus: f32 [windows, window - 1], NaN where padded; ranks likewise. */
  losses: call
    .input(z.object({ handle, corpus: z.string(), plan, ranks: z.boolean() }))
    .output(progressThen(z.object({ kind: z.literal('done'), losses: bytes, ranks: bytes.nullable() }))),
  /**
   * Losses of tokens behind masks in a corpus, of a masked language model: f32 [windows, window], NaN where no token was asked for; ranks
   * likewise. `share` of each window's tokens are asked for, chosen by the seed and the window's number.
   */
  maskedLosses: call
    .input(z.object({ handle, corpus: z.string(), plan, share: z.number().positive().max(1), seed: z.number().int() }))
    .output(progressThen(z.object({ kind: z.literal('done'), losses: bytes, ranks: bytes }))),
  /** Begins a set of images, which are prepared as the preprocessor_config.json beside the model says. */
  imageSet: call.input(z.object({ handle })).output(z.object({ set: z.string() })),
  /** Decodes PNG and JPEG files and appends them to a set; `refused` are left out, by their place in this call. */
  addImages: call
    .input(z.object({ handle, set: z.string(), images: z.array(z.object({ bytes })) }))
    .output(z.object({ images: z.number(), refused: z.array(z.object({ index: z.number(), reason: z.string() })) })),
  /** Logits of all images of a set: f32 [images, classes]. */
  classify: call
    .input(z.object({ handle, set: z.string(), plan }))
    .output(progressThen(z.object({ kind: z.literal('done'), logits: bytes }))),
  /** Forgets a set of images. One that was closed before is no failure. */
  closeImageSet: call.input(z.object({ handle, set: z.string() })).output(z.null()),
  /** Tokenizes and lays out cloze questions and keeps them under a handle. */
  clozeSet: call
    .input(z.object({ handle, questions: z.array(z.array(filledCandidateSchema)) }))
    .output(z.object({ set: z.string(), tasks: z.array(clozeTaskSchema) })),
  /** Forgets a set of cloze questions. One that was closed before is no failure. */
  closeClozeSet: call.input(z.object({ handle, set: z.string() })).output(z.null()),
  clozeLosses: call
    .input(z.object({ handle, set: z.string(), plan }))
    .output(progressThen(z.object({ kind: z.literal('done'), questions: z.array(clozeLossesSchema) }))),
  /** Natural-log probability of each next token, and the logits after the last token as f32. */
  logprobs: call
    .input(z.object({ handle, ids: tokenIdsSchema, plan }))
    .output(z.object({ logprobs: z.array(z.number()), lastLogits: bytes })),
  /**
   * How a chat is written for a model, by the files beside it; `key` is a hash of them. Throws `bad-model` for files that cannot be read.
   */
  chatFormat: call
    .input(z.object({ handle }))
    .output(z.object({ hasTemplate: z.boolean(), stopIds: tokenIdsSchema, key: z.string() })),
  /**
   * Ids of a chat up to where the answer begins. What the messages hold is text, also where it spells control tokens. Throws `bad-model`
   * without a usable template, `llm-reply` for a text that the tokenizer has no plain tokens for.
   */
  chatPrompt: call
    .input(
      z.object({
        handle,
        messages: z.array(z.object({ role: z.enum(['system', 'user', 'assistant']), content: z.string() })).min(1),
      }),
    )
    .output(z.object({ ids: tokenIdsSchema })),
  /**
   * What a model expects behind each tab of a text, in one run: natural-log probabilities, f64 [slots, integers], of the numbers that
   * its vocabulary tells apart, "0" to "9" and maybe "10". `slots` are where the numbers would begin (UTF-16). Throws `bad-model`, and
   * `llm-reply` for a text longer than the context.
   */
  integersAfterTabs: call.input(z.object({ handle, text: z.string() })).output(
    z.object({
      slots: z.array(z.number()),
      integers: z.array(z.string()),
      logprobs: bytes,
      tokens: z.number(),
    }),
  ),
  generate: call
    .input(
      z.object({
        handle,
        ids: tokenIdsSchema,
        plan,
        settings: generationSettingsSchema.extend({
          /** Draws are from the likeliest tokens whose probabilities reach this together. */
          topP: z.number().positive().max(1).default(1),
          /** Tokens that end the text besides the tokenizer's end token. They are among the ids and not in the text. */
          stopIds: tokenIdsSchema.max(100).default([]),
        }),
      }),
    )
    .output(
      eventIterator(
        z.discriminatedUnion('kind', [
          z.object({ kind: z.literal('token'), id: z.number(), text: z.string() }),
          z.object({ kind: z.literal('done'), ids: tokenIdsSchema, text: z.string() }),
        ]),
      ),
    ),
  /**
   * Records a corpus, of a classifier of images a set of them, into `directory`; continues a checkpoint of the same recording that lies
   * there. An image is a window: its tokens are the class token, 0, and its patches, row by row from 1.
   */
  record: call
    .input(
      z.object({ handle, corpus: z.string(), directory: z.string(), sites: z.array(siteSchema), seed: z.number() }),
    )
    .output(progressThen(recordingSummarySchema)),
  /** Activations of chosen neurons on chosen windows: [neuron][window][token]. */
  activations: call
    .input(z.object({ handle, windows: z.array(tokenIdsSchema), neurons: z.array(neuronIdSchema) }))
    .output(z.object({ activations: z.array(z.array(z.array(z.number()))) })),
  /** Largest activation of every neuron of some sites over windows, f32 in the order of the neuron space, and the token where it is, u32. */
  peaks: call
    .input(z.object({ handle, windows: z.array(tokenIdsSchema), sites: z.array(siteSchema) }))
    .output(z.object({ maxima: bytes, tokens: bytes })),
  /**
   * Tokens whose logits a neuron's row of the output projection raises and lowers most, per unit of activation: the row
   * through the linear part of the final norm and the unembedding. Ignored: the norm's division, and all layers after.
   */
  promotedTokens: call
    .input(z.object({ handle, neuron: neuronIdSchema, count: z.number().int().min(1).max(1000) }))
    .output(z.object({ promoted: z.array(tokenLogitSchema), suppressed: z.array(tokenLogitSchema) })),
  /** Levels from 0 to 1 that a sentence predicts for each token; null when the lexical simulator cannot read it. */
  simulate: call
    .input(z.object({ handle, text: z.string(), windows: z.array(tokenIdsSchema) }))
    .output(z.object({ levels: z.array(z.array(z.number())).nullable() })),
  /** What can explain neurons. */
  explainers: call.output(z.array(memberSchema)),
  /** What can name the concepts of a forget set. */
  extractors: call.output(z.array(memberSchema)),
  /** Names what a forget set has more of than reference text; `targets` are words that its texts leave out. */
  extract: call
    .input(
      z.object({
        extractor: z.string(),
        forget: z.array(z.string()),
        reference: z.array(z.string()),
        targets: z.array(z.string()).nullable(),
      }),
    )
    .output(z.object({ concepts: z.array(forgetConceptSchema) })),
  /** Explains neurons of a recording, in the order given, one concept an event. */
  explain: call
    .input(
      z.object({
        handle,
        directory: z.string(),
        explainer: z.string(),
        neurons: z.array(neuronIdSchema),
        seed: z.number(),
      }),
    )
    .output(progressThen(z.object({ kind: z.literal('concept'), concept: conceptSchema }))),
  /**
   * What an explainer sees of neurons of a recording, in the order given: tokens of each window once, by its number; then the numbers of
   * each neuron's windows, top before random, and its activations on them, f32 one after the other.
   */
  evidence: call
    .input(z.object({ handle, directory: z.string(), neurons: z.array(neuronIdSchema), seed: z.number() }))
    .output(
      eventIterator(
        z.object({
          kind: z.literal('neurons'),
          windows: z.array(z.object({ window: z.number(), tokens: z.array(z.string()) })),
          neurons: z.array(
            z.object({
              neuron: neuronIdSchema,
              top: z.array(z.number()),
              random: z.array(z.number()),
              activations: bytes,
            }),
          ),
        }),
      ),
    ),
  /**
   * Embeds texts: f32 [texts, dimensions], rows of length 1 or 0. What all texts have in common is taken out; `sentences` says what that
   * is estimated from where texts of several calls are to be compared: the texts themselves, when left out.
   */
  embed: call
    .input(
      z.object({
        handle,
        embedder: z.string(),
        texts: z.array(z.string()),
        recording: z.string().nullable(),
        sentences: z.array(z.string()).optional(),
      }),
    )
    .output(z.object({ dimensions: z.number(), vectors: bytes })),
  /** Opens a folder with a sentence-embedding model, or finds it open. `id` is a hash of all that decides its vectors. */
  sentenceModel: call
    .input(z.object({ folder: z.string() }))
    .output(z.object({ id: z.string(), name: z.string(), pooling: z.enum(['mean', 'cls']), normalised: z.boolean() })),
  /** Vectors of sentences by such a model: f32 [texts, dimensions]. */
  embedSentences: call
    .input(z.object({ folder: z.string(), texts: z.array(z.string()) }))
    .output(z.object({ dimensions: z.number(), vectors: bytes })),
  /**
   * For each row of a matrix of vectors the greatest weight x cosine over some columns, f64. The file holds little-endian f32, row after
   * row; `key` tells its content from any other, and the products of the last one stay in memory.
   */
  similarity: call
    .input(
      z.object({
        matrix: z.object({
          file: z.string(),
          key: z.string(),
          rows: z.number().int().positive(),
          dims: z.number().int().positive(),
        }),
        columns: bytes,
        weights: z.array(z.number()).nullable(),
        startAtZero: z.boolean(),
      }),
    )
    .output(z.object({ scores: bytes, zeroRows: z.array(z.number()), zeroColumns: z.array(z.number()) })),
  /** Names and bytes of the files that an export would write. */
  exportSizes: call
    .input(exportRequestSchema)
    .output(z.object({ files: z.array(z.object({ name: z.string(), bytes: z.number() })) })),
  /** Writes a pruned model to a file or folder that did not exist, reloads it and compares it with the masked session. */
  exportModel: call.input(exportRequestSchema).output(
    progressThen(
      z.object({
        kind: z.literal('done'),
        files: z.array(z.object({ name: z.string(), bytes: z.number(), sha256: z.string() })),
        verification: verificationSchema,
        timing: exportTimingSchema,
        /** Sentences: what was done otherwise than asked, and why. */
        notes: z.array(z.string()),
      }),
    ),
  ),
}
