import { z } from 'zod'
import { neuronIdSchema, siteSchema } from '../../../contract/neuron.ts'
import { planChoiceSchema, modelCardSchema } from '../../../contract/workbench/model.ts'
import { mappingSchema, roleSchema, tokenStatisticsSchema } from '../../../contract/workbench/datasets.ts'
import type { Topic } from '../../../contract/workbench/events.ts'
import { exportSchema } from '../../../contract/workbench/exports.ts'
import { pinSchema } from '../../../contract/workbench/neurons.ts'
import { reviewNoteSchema } from '../../../contract/workbench/review.ts'
import { comparisonSchema } from '../../../contract/workbench/runs.ts'
import { insidePathSchema, isAbsoluteAnywhere, placeSchema } from './places.ts'

const hash = z.string().nullable()
/** Milliseconds since 1970. */
const at = z.number()
/** A file or folder of the workspace, from its root, with forward slashes. */
const inWorkspace = insidePathSchema

/** The model of the workspace; its only key is `model`. */
const modelDocument = z.object({
  place: placeSchema,
  tokenizer: placeSchema.nullable(),
  name: z.string(),
  /** Null while it is computed. */
  modelHash: hash,
  card: modelCardSchema.nullable(),
})

const datasetDocument = z.object({
  name: z.string(),
  place: placeSchema,
  format: z.string(),
  kind: z.enum(['text', 'rows', 'cloze']),
  mapping: mappingSchema,
  roles: z.array(roleSchema),
  documents: z.number(),
  rejectedCount: z.number(),
  dataHash: z.string(),
  /** Of the file when it was read, to notice a change cheaply; null when nobody looked. */
  bytes: z.number().nullable(),
  modifiedAt: z.number().nullable(),
  tokens: tokenStatisticsSchema.nullable(),
})

const recordingDocument = z.object({
  dataset: z.string().nullable(),
  data: z.string(),
  folder: inWorkspace,
  modelHash: z.string(),
  dataHash: z.string(),
  sites: z.array(siteSchema),
  tokens: z.number(),
  windows: z.number(),
  window: z.number(),
  neurons: z.number(),
  seed: z.number(),
  at,
})

/** The recording whose evidence is shown; its only key is `evidence`. */
const evidenceDocument = z.object({ recording: z.string() })

/** What an explainer wrote about neurons of a recording: a file of concepts. Later ones win. */
const explanationDocument = z.object({
  recording: z.string(),
  explainer: z.string(),
  file: inWorkspace,
  concepts: z.number(),
  at,
  /** Edits of the workspace before it came: its place among them, whatever the clock said. Older ones do not tell. */
  edits: z.number().optional(),
})

/** The newest explanation when something was said of a neuron, of whatever recording; null when there was none. */
const latest = z.string().nullable().optional()

/** A person's concept of a neuron, above the explainer's; keyed by neuron id. */
const conceptEditDocument = z.object({ text: z.string(), author: z.string(), at: at.optional(), latest })

/** What a person said of one sentence. Older ones name nobody, and not the sentence. */
const verdict = z.object({
  status: z.enum(['accepted', 'rejected']),
  author: z.string().optional(),
  at: at.optional(),
  /** The sentence that was judged, with who wrote it and its explanation score. */
  sentence: z
    .object({
      text: z.string(),
      author: z.string().nullable(),
      explainer: z.string().nullable(),
      score: z.number().nullable(),
      scoreKind: z.string().nullable(),
    })
    .optional(),
  latest,
})

/** The last verdict on a sentence of a neuron, and the sentences that were rejected before it, oldest first; keyed by neuron id. */
const reviewDocument = verdict.extend({ earlier: z.array(verdict).optional() })

/** What reviewers noted about a neuron, one note each; keyed by neuron id. */
const reviewNoteDocument = z.object({ notes: z.array(reviewNoteSchema) })

/** A neuron that was put to the end of the review queue; keyed by neuron id. */
const reviewSkipDocument = z.object({ at })

/** Keyed by neuron id. */
const pinDocument = z.object({ pin: pinSchema, author: z.string().optional() })

const forgetConceptDocument = z.object({
  text: z.string(),
  weight: z.number().nonnegative(),
  enabled: z.boolean(),
  source: z.string(),
  author: z.string().exactOptional(),
  preset: z.string().exactOptional(),
  draws: z.number().int().exactOptional(),
  drawsOf: z.number().int().exactOptional(),
})

/** A concept that must stay: neurons like it are ranked lower. */
const protectedConceptDocument = forgetConceptDocument

/** Ratings of the concepts by a language model; the lines lie in `file`. */
const ratingSetDocument = z.object({
  file: inWorkspace,
  rater: z.string(),
  /** Data set that the ratings are for. */
  dataset: z.string(),
  /** Hash of the concepts that were rated, of older ones: newer lines hold the sentence that was rated. */
  concepts: hash.optional(),
  rated: z.number(),
  at,
})

/** `inputs` says what the order was made from; null where the method does not use it. */
const rankingDocument = z.object({
  name: z.string(),
  method: z.string(),
  preset: z.string().nullable(),
  params: z.record(z.string(), z.unknown()),
  seed: z.number().nullable(),
  neuronCount: z.number(),
  ranked: z.number(),
  warnings: z.array(z.string()),
  file: inWorkspace,
  modelHash: hash,
  at,
  inputs: z.object({
    forgetConcepts: hash,
    concepts: hash,
    recording: z.string().nullable(),
    forget: z.string().nullable(),
    retain: z.string().nullable(),
    /** Of the protected concepts that lowered the scores; absent where none did. */
    protectedConcepts: z.string().exactOptional(),
    /** Absent where it is subject-sif. */
    embedder: z.string().exactOptional(),
  }),
})

const planDocument = z.object({
  name: z.string(),
  file: inWorkspace,
  neurons: z.number(),
  planHash: z.string(),
  madeFrom: z.string(),
  at,
})

/** Full measures of a plan; the numbers lie in `folder`, which is its job's. */
const runDocument = z.object({
  title: z.string(),
  plan: planChoiceSchema,
  ranking: z.string().nullable(),
  k: z.number(),
  planHash: z.string(),
  modelHash: z.string(),
  seed: z.number(),
  at,
  folder: inWorkspace,
  /** Data sets measured, and which way each should go. */
  measures: z.array(z.object({ dataset: z.string(), side: z.enum(['forget', 'retain']), dataHash: z.string() })),
  comparisons: z.array(comparisonSchema),
})

/** Points of rankings over a grid; the numbers lie in `folder`. Labels of its files name rankings and data sets. */
const sweepDocument = z.object({
  title: z.string(),
  at,
  folder: inWorkspace,
  modelHash: hash,
  rankings: z.array(z.object({ label: z.string(), ranking: z.string().nullable(), control: z.boolean() })),
  measures: z.array(
    z.object({
      label: z.string(),
      dataset: z.string().nullable(),
      name: z.string(),
      side: z.enum(['forget', 'retain']),
    }),
  ),
})

const promptDocument = z.object({ text: z.string() })

const exportDocument = exportSchema.omit({ id: true, manifest: true }).extend({
  /** From the workspace's root, or absolute for a folder elsewhere. */
  manifestFile: z.union([insidePathSchema, z.string().max(4096).refine(isAbsoluteAnywhere, { error: 'is no path' })]),
})

/** The cut that all views share; its only key is `cut`. */
const cutDocument = z.object({ ranking: z.string(), k: z.number().int().nonnegative() })

/** Every kind of document, with its schema. */
export const documentSchemas = {
  model: modelDocument,
  dataset: datasetDocument,
  recording: recordingDocument,
  evidence: evidenceDocument,
  explanation: explanationDocument,
  'concept-edit': conceptEditDocument,
  review: reviewDocument,
  'review-note': reviewNoteDocument,
  'review-skip': reviewSkipDocument,
  pin: pinDocument,
  'forget-concept': forgetConceptDocument,
  'protected-concept': protectedConceptDocument,
  'rating-set': ratingSetDocument,
  ranking: rankingDocument,
  plan: planDocument,
  run: runDocument,
  sweep: sweepDocument,
  prompt: promptDocument,
  export: exportDocument,
  cut: cutDocument,
} as const

export type DocumentKind = keyof typeof documentSchemas
export type Documents = { readonly [Kind in DocumentKind]: z.infer<(typeof documentSchemas)[Kind]> }

/** Kinds whose keys are neuron ids. */
export const neuronKeyedKinds: ReadonlySet<DocumentKind> = new Set([
  'concept-edit',
  'review',
  'review-note',
  'review-skip',
  'pin',
])
export const neuronKeySchema = neuronIdSchema

/** What a change of a kind may alter on the screen. The store adds `workspace`: steps and undo change with every write. */
export const topicsOfKind: { readonly [Kind in DocumentKind]: readonly Topic[] } = {
  model: ['model', 'recordings', 'rankings', 'runs', 'sweeps'],
  dataset: ['datasets', 'recordings', 'runs', 'sweeps'],
  recording: ['recordings', 'neurons', 'rankings'],
  evidence: ['recordings', 'neurons', 'concepts', 'rankings'],
  explanation: ['concepts', 'neurons', 'rankings'],
  'concept-edit': ['concepts', 'rankings'],
  review: ['concepts', 'rankings'],
  'review-note': ['reviews'],
  'review-skip': ['reviews'],
  pin: ['pins'],
  'forget-concept': ['forget-concepts', 'rankings'],
  'protected-concept': ['forget-concepts', 'rankings'],
  'rating-set': ['concepts', 'rankings'],
  ranking: ['rankings', 'runs', 'sweeps'],
  plan: ['plans'],
  run: ['runs'],
  sweep: ['sweeps'],
  prompt: ['prompts'],
  export: ['exports'],
  cut: ['workspace'],
}
