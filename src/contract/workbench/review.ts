import { z } from 'zod'
import { neuronIdSchema, siteSchema } from '../neuron.ts'
import { bulkSchema, call, momentSchema, nothing, startedSchema } from './call.ts'
import { embedderChoiceSchema } from './embedders.ts'
import { writtenTableSchema } from './exchange.ts'
import { textSchema } from './model.ts'
import { conceptStatusSchema, neuronTableSchema, pinSchema } from './neurons.ts'

/** What the queue begins with. */
export const queueOrderSchema = z.enum(['cut', 'score', 'disagreement'])
export type QueueOrder = z.infer<typeof queueOrderSchema>

/** Which neurons; all wishes together. What is left out asks for nothing. */
export const reviewFilterSchema = z.object({
  /** Words that the concept holds, all of them, whatever the case; or the start of a neuron's id. */
  text: z.string().max(1000).optional(),
  statuses: z.array(conceptStatusSchema).optional(),
  site: siteSchema.optional(),
  neurons: z.array(neuronIdSchema).max(100_000).optional(),
})
export type ReviewFilter = z.infer<typeof reviewFilterSchema>

/**
 * Neurons in the order in which they are best looked at; those that were skipped come last. `values` says why: for `cut` the
 * signed distance (3: the third above the cut, -1: the first below), for `score` the score, for `disagreement` the cosine of
 * the latest two sentences that different authors wrote. NaN where there is none.
 */
export const reviewQueueSchema = z.object({
  order: queueOrderSchema,
  /** u32: rows of the neuron table. */
  rows: bulkSchema,
  /** f32, one for each row of the queue. */
  values: bulkSchema,
  layout: neuronTableSchema.shape.layout,
  /** How many stand at the end because they were skipped. */
  skipped: z.number(),
  /** Of all that the filter lets through but for their status: accepted, rejected or edited ones, and suggested ones. */
  reviewed: z.number(),
  left: z.number(),
  /** Why the order is not quite the one asked for, in one sentence; null when it is. */
  note: z.string().nullable(),
})
export type ReviewQueue = z.infer<typeof reviewQueueSchema>

/** Why a neuron stands where it does, in words: "3 above the cut". */
export function queueReason(order: QueueOrder, value: number): string {
  if (order === 'cut') {
    if (Number.isNaN(value)) return 'not in the ranking'
    return value > 0 ? `${value} above the cut` : `${-value} below the cut`
  }
  if (order === 'score') return Number.isNaN(value) ? 'not scored' : `score ${value.toFixed(2)}`
  return Number.isNaN(value) ? 'no second opinion' : `explainers disagree, cosine ${value.toFixed(2)}`
}

const noteText = z.string().trim().min(1).max(4000)
export const reviewNoteSchema = z.object({ author: z.string(), text: z.string(), at: z.number() })
export type ReviewNote = z.infer<typeof reviewNoteSchema>

/** What people and explainers said of one neuron, beside its page. */
export const reviewedNeuronSchema = z.object({
  neuron: neuronIdSchema,
  /** On the sentence that stands; null where nobody judged it. */
  verdict: z
    .object({ status: z.enum(['accepted', 'rejected']), author: z.string().nullable(), at: z.number().nullable() })
    .nullable(),
  edit: z.object({ text: z.string(), author: z.string(), at: z.number().nullable() }).nullable(),
  skipped: z.boolean(),
  notes: z.array(reviewNoteSchema),
  /** Every sentence that explainers wrote, oldest first, of those that came together the one in use last. */
  sentences: z.array(z.object({ text: z.string(), author: z.string(), score: z.number().nullable(), at: z.number() })),
  /** The explainer's newest sentence came after the person's edit, or after an older sentence was accepted. */
  hasNewer: z.boolean(),
  /** Sentences of the neuron that were rejected, oldest first, and who rejected them. */
  rejected: z.array(z.object({ text: z.string(), author: z.string().nullable(), at: z.number().nullable() })),
})
export type ReviewedNeuron = z.infer<typeof reviewedNeuronSchema>

/** A window that scored a sentence: true activations, and what a language model said the sentence predicts. */
export const simulatedWindowSchema = z.object({
  tokenStart: z.number(),
  row: z.number().nullable(),
  pieces: z.array(z.string()),
  activations: z.array(z.number()),
  max: z.number(),
  simulated: z.array(z.number()),
  /** One of the windows where the neuron is strongest, in contrast to those drawn at random. */
  isTop: z.boolean(),
  /** Pearson correlation over its tokens; null where one side is the same at each. */
  correlation: z.number().nullable(),
})
export type SimulatedEvidenceWindow = z.infer<typeof simulatedWindowSchema>

export const keptSimulationSchema = z.object({
  /** The sentence, and the language model that wrote it and said what it predicts. */
  text: z.string(),
  author: z.string(),
  score: z.number().nullable(),
  scoreKind: z.string(),
  /** Whether the sentence is the neuron's concept as it stands. */
  isConcept: z.boolean(),
  /** `level`: from 0 to 10, as they were given. `activation`: brought to the scale of the activations by the score's calibration. */
  unit: z.enum(['level', 'activation']),
  /** Pearson correlation over all tokens of all windows; null where one side is the same at each. */
  correlation: z.number().nullable(),
  windows: z.array(simulatedWindowSchema),
})
export type KeptSimulation = z.infer<typeof keptSimulationSchema>

export const neuronSimulationsSchema = z.object({
  neuron: neuronIdSchema,
  /** Of the explainers' sentences, newest first; few. */
  simulations: z.array(keptSimulationSchema),
  /** Why there is none of the concept as it stands, in one sentence; null where there is one, or no concept. */
  note: z.string().nullable(),
})
export type NeuronSimulations = z.infer<typeof neuronSimulationsSchema>

/** What is done to all neurons of a filter. */
export const bulkActionSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('accept') }),
  z.object({ kind: z.literal('reject') }),
  /** Takes verdicts back. */
  z.object({ kind: z.literal('reopen') }),
  z.object({ kind: z.literal('pin'), pin: pinSchema }),
  z.object({ kind: z.literal('unpin') }),
  /** Finds a text in the concepts, as it stands, and puts another in its place. */
  z.object({
    kind: z.literal('replace'),
    find: z.string().min(1).max(1000),
    with: z.string().max(1000),
    matchCase: z.boolean().default(false),
  }),
])
export type BulkAction = z.infer<typeof bulkActionSchema>

const bulkRequest = z.object({ filter: reviewFilterSchema, action: bulkActionSchema })

export const bulkPreviewSchema = z.object({
  /** Neurons that would change. */
  count: z.number(),
  /** Neurons that the filter lets through. */
  found: z.number(),
  examples: z.array(z.object({ neuron: neuronIdSchema, before: z.string(), after: z.string() })),
  /** Neurons whose concept would be empty or too long: they are left as they are. */
  unfit: z.number(),
})
export type BulkPreview = z.infer<typeof bulkPreviewSchema>

export const foundNeuronSchema = z.object({
  neuron: neuronIdSchema,
  row: z.number().int(),
  concept: z.string(),
  status: conceptStatusSchema,
  /** Cosine with what was asked for, or largest activation as a share of the largest that was recorded. */
  value: z.number(),
  /** Largest activation on the text, and the token where it is; null for a search by meaning. */
  peak: z.object({ activation: z.number(), piece: z.string(), token: z.number() }).nullable(),
})
export type FoundNeuron = z.infer<typeof foundNeuronSchema>

const found = z.object({
  neurons: z.array(foundNeuronSchema),
  /** Neurons that were looked at. */
  of: z.number(),
  /** Tokens of the text; null for a search by meaning. */
  tokens: z.number().nullable(),
})
export type FoundNeurons = z.infer<typeof found>

/** Tokens of the longest text that neurons are searched by. */
export const mostFiredTokens = 2048

/** One line of a review's file: what one reviewer says of one neuron. */
export const reviewLineSchema = z.object({
  neuron: neuronIdSchema,
  /** The concept as the reviewer left it, and judged it. */
  text: z.string().max(10_000),
  /** Whether the text is the reviewer's own. */
  edited: z.boolean().default(true),
  /** Who else wrote the text, and its explanation score; null where the reviewer did, or nobody knows. */
  source: z
    .object({
      author: z.string().max(1000).nullable(),
      score: z.number().nullable(),
      scoreKind: z.string().max(1000).nullable(),
    })
    .nullable()
    .default(null),
  verdict: z.enum(['accepted', 'rejected']).nullable(),
  author: z.string().min(1).max(100),
  /** Milliseconds since 1970. */
  at: momentSchema.nullable(),
  note: z.string().max(40_000).nullable(),
  pin: pinSchema.nullable(),
})
export type ReviewLine = z.infer<typeof reviewLineSchema>

const opinion = reviewLineSchema.omit({ neuron: true })
export type ReviewOpinion = z.infer<typeof opinion>

export const resolutionSchema = z.enum(['mine', 'theirs', 'both'])
/** `both`: mine stays, and what they said becomes a note. */
export type Resolution = z.infer<typeof resolutionSchema>

export const agreementSchema = z.object({
  /** Neurons of which both judged the same sentence. */
  n: z.number(),
  same: z.number(),
  /** Share of the same judgement with its 95 % Wilson interval; null when n is 0. */
  share: z.object({ value: z.number(), low: z.number(), high: z.number() }).nullable(),
  /** Cohen's kappa over accepted (or written) and rejected; null when chance alone would always agree. */
  kappa: z.number().nullable(),
})
export type ReviewAgreement = z.infer<typeof agreementSchema>

/** Another reviewer's file beside what stands here. */
export const mergePreviewSchema = z.object({
  /** SHA-256 of the file: what is merged is what was looked at. */
  hash: z.string(),
  authors: z.array(z.string()),
  /** The reviewer's own name here, where the file has it too: what both said cannot be told apart by it. Null where it has not. */
  ownName: z.string().nullable(),
  same: z.number(),
  /** Neurons of which nobody here said anything. */
  fresh: z.number(),
  conflicts: z.array(
    z.object({
      neuron: neuronIdSchema,
      /** `note`: another text by the same author. */
      differs: z.array(z.enum(['text', 'verdict', 'pin', 'note'])),
      mine: opinion,
      theirs: opinion,
    }),
  ),
  /** Neurons of which they rejected a sentence that does not stand here: that changes nothing. */
  otherSentences: z.number(),
  /** Neurons that the recording in use does not hold. */
  elsewhere: z.number(),
  rejectedCount: z.number(),
  rejected: z.array(z.object({ line: z.number(), reason: z.string() })),
  agreement: agreementSchema,
  /** What makes one wonder, in one sentence: the file is of another model. */
  warning: z.string().nullable(),
})
export type MergePreview = z.infer<typeof mergePreviewSchema>

const search = z.object({ text: textSchema, count: z.number().int().min(1).max(500).default(50) })

export const reviewContract = {
  queue: call.input(z.object({ order: queueOrderSchema, filter: reviewFilterSchema })).output(reviewQueueSchema),
  neuron: call.input(z.object({ neuron: neuronIdSchema })).output(reviewedNeuronSchema),
  /** What language models said a neuron's sentences predict, token by token, beside the true activations. */
  simulations: call.input(z.object({ neuron: neuronIdSchema })).output(neuronSimulationsSchema),
  /** Puts a neuron to the end of the queue, or back. */
  skip: call.input(z.object({ neuron: neuronIdSchema, skip: z.boolean() })).output(nothing),
  /** Writes one's own note; null takes it away. */
  note: call.input(z.object({ neuron: neuronIdSchema, text: noteText.nullable() })).output(nothing),
  preview: call.input(bulkRequest).output(bulkPreviewSchema),
  /** One step of undo. `expected` is the number that was shown: when it is another by now, nothing is changed. */
  bulk: call
    .input(bulkRequest.extend({ expected: z.number().int() }))
    .output(z.object({ changed: z.number(), label: z.string() })),
  /** Neurons whose concepts are nearest to a text in meaning, by the embedder asked for; nearest first. */
  /** A provider's embedder takes at most `mostSearchTokens` for one search. */
  findByMeaning: call.input(search.extend(embedderChoiceSchema.shape)).output(found),
  /** Neurons that are most active on a text, each relative to its largest recorded activation; strongest first. */
  findByActivity: call.input(search).output(found),
  /** Makes the ranking in use anew from the concepts as they are now; the new one takes its place. */
  rankAgain: call.output(startedSchema),
  /**
   * Writes one's own review into the workspace's exports folder as JSON Lines; never over a file. Fails where the reviewer has no name: the
   * file would be taken for anybody's. `withNameless` adds what was said here before a name was given, under the name.
   */
  export: call.input(z.object({ withNameless: z.boolean().default(false) }).optional()).output(writtenTableSchema),
  /** What another reviewer's file would bring. */
  compare: call.input(z.object({ file: z.string() })).output(mergePreviewSchema),
  /** Merges it as one step of undo; authors stay. Conflicts that are not named are resolved as `others`. */
  merge: call
    .input(
      z.object({
        file: z.string(),
        hash: z.string(),
        resolutions: z.record(neuronIdSchema, resolutionSchema),
        others: resolutionSchema,
      }),
    )
    .output(z.object({ changed: z.number(), label: z.string() })),
}
