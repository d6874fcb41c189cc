import { eventIterator } from '@orpc/contract'
import { z } from 'zod'
import { recordingSummarySchema, tokenIdsSchema, tokenLogitSchema } from '../engine-values.ts'
import { conceptSchema, forgetConceptSchema } from '../files.ts'
import { neuronIdSchema, siteSchema } from '../neuron.ts'
import { bytes, call, handle, progressThen } from './call.ts'

/** One of several ways to do something, with whose it is. */
const memberSchema = z.object({ id: z.string(), name: z.string(), citation: z.string() })

/** Neurons: recording them, looking at them, and naming what they do. */
export const neuronCalls = {
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
}
