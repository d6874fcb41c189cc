import { rmSync } from 'node:fs'
import { z } from 'zod'
import { SnipError } from '../../../contract/failure.ts'
import { conceptRatingSchema, type Concept, type ConceptRating } from '../../../contract/files.ts'
import { sampleIndices } from '../../../core/data/sample.ts'
import { rateRequest, readRates, type RatedConcept } from '../../../core/concepts/raters/llm-rater.ts'
import { ratePrompt } from '../../../core/concepts/prompts/rate-prompt.ts'
import { createRandom, deriveSeed } from '../../../core/stats/random.ts'
import { makeFolder } from '../../files/make-folder.ts'
import { writeAside } from '../../files/write-aside.ts'
import { jsonLines } from '../files-of-lines.ts'
import { sha256 } from '../jobs/canonical-json.ts'
import { refuseOutput } from '../jobs/output-file.ts'
import { UnitLog } from '../jobs/unit-log.ts'
import { takeWriterLock } from '../jobs/writer-lock.ts'
import type { Budget, CountedRequest, Estimate, LanguageModels, Spending } from '../language-models/index.ts'
import { leavingWords } from '../language-models/leaving-words.ts'
import type { Task } from '../task.ts'
import { Outcomes } from './llm-outcomes.ts'
import { inParallel } from './llm-pool.ts'
import { moneyWords } from './llm-progress.ts'
import { requestFolderOf } from './request-folder.ts'
import { untilSpent } from './until-spent.ts'

export interface RateRequest {
  readonly concepts: readonly Concept[]
  /** Texts of the forget set, of which some are shown. */
  readonly texts: readonly string[]
  readonly provider: string
  readonly budget: Budget | null
  readonly seed: number
  /** Samples in every question. */
  readonly samples: number
  /** Concepts of one question. */
  readonly batch: number
  readonly out: string
}

export interface RateOutcome {
  readonly ratings: readonly ConceptRating[]
  readonly rated: number
  readonly unrated: number
  /** Of the unrated ones those that were not asked about to the end: the budget was used up. */
  readonly skipped: number
  readonly spending: Spending
}

const batchSchema = z.object({ batch: z.number().int(), ratings: z.array(conceptRatingSchema) })
type Batch = z.infer<typeof batchSchema>

/** Characters of a sample that are shown. */
const mostCharacters = 1000

/**
 * Has a language model rate concepts from 0 to 10 for a forget set, in batches. What a reply leaves out is asked for once more; then
 * it has a reason and no rating. Resumes at the single request; writes ratings.jsonl in the order of the concepts. A budget that is used
 * up leaves the rest with a reason, and the same request with a greater one goes on there; throws `budget` where it bought no rating.
 */
export async function rateConcepts(
  languageModels: LanguageModels,
  request: RateRequest,
  task: Task,
): Promise<RateOutcome> {
  const { batches, samples } = prepare(request)
  refuseOutput(request.out, conceptRatingSchema, 'concept ratings')
  const lock = takeWriterLock(`${request.out}.lock`, request.out)
  const partial = `${request.out}.partial.jsonl`
  try {
    const { baseUrl, chatModel, concurrency } = languageModels.provider(request.provider)
    const identityHash = sha256(JSON.stringify([baseUrl, chatModel, request.seed, samples, batches]))
    const log = UnitLog.open<Batch>(partial, {
      check: (json) => batchSchema.parse(json),
      header: { job: 'rate', identityHash },
    })
    const folder = requestFolderOf(request.out)
    makeFolder(folder)
    const model = await languageModels.open(request.provider, {
      purpose: 'rating concepts',
      budget: request.budget,
      journalFolder: folder,
      warn: (sentence) => task.warn(sentence),
    })
    const rater = `${ratePrompt.id}, ${model.id}`
    /** Of batches whose first answer came and whose second did not. */
    const halves = new Map<number, ConceptRating[]>()
    let spent: SnipError | null = null
    try {
      const stop = new AbortController()
      const signal = AbortSignal.any([task.signal, stop.signal])
      const finish = (unit: Batch) => {
        log.append(unit)
        const note = moneyWords(model.spending())
        task.report({ stage: 'Rating concepts', done: log.units.length, total: batches.length, unit: 'batches', note })
      }
      const unrated = (batch: number, reason: string) =>
        finish({ batch, ratings: halves.get(batch) ?? withoutRating(batches[batch]!, rater, reason) })
      const outcomes = new Outcomes<number>(concurrency, unrated)
      const known = new Set(log.units.map(({ batch }) => batch))
      const unasked = batches.length - known.size
      const shown = samples.length === 1 ? '1 sample' : `${samples.length} samples`
      const what = `${shown} of the forget set and the texts of concepts`
      const leaving = leavingWords(model.provider, what, 2 * unasked)
      if (leaving !== null && unasked > 0) task.announce?.(leaving)
      spent = await untilSpent(async () => {
        await inParallel(missing(batches.length, known), concurrency, stop, async (at) => {
          try {
            const concepts = batches[at]!
            const ask = async (some: readonly RatedConcept[], seed: number) =>
              readRates(await model.chat(rateRequest(samples, some, seed), signal), some, rater)
            const ratings = await ask(concepts, request.seed)
            const left = concepts.filter((_, i) => ratings[i]!.rating === null)
            if (left.length > 0) halves.set(at, ratings)
            // With another seed: a batch that was left out whole would be the same question, with the same answer.
            const again = left.length === 0 ? [] : await ask(left, request.seed + 1)
            const second = again.values()
            outcomes.wentWell()
            finish({
              batch: at,
              ratings: ratings.map((rating) => (rating.rating === null ? (second.next().value ?? rating) : rating)),
            })
          } catch (error) {
            outcomes.failed(at, error)
          }
        })
        outcomes.end()
      }, task)
    } finally {
      log.close()
      if (log.units.length === 0) rmSync(partial, { force: true })
      model.close()
    }
    const byBatch = new Map(log.units.map((unit) => [unit.batch, unit.ratings]))
    const why = `Skipped: ${spent?.message ?? 'it was not asked about'}`
    const ratings = batches.flatMap(
      (concepts, at) => byBatch.get(at) ?? halves.get(at) ?? withoutRating(concepts, rater, why),
    )
    const rated = ratings.filter(({ rating }) => rating !== null).length
    // Nothing was bought that could be withheld, and ratings of before are worth more than none.
    if (spent !== null && rated === 0) throw spent
    writeAside(request.out, jsonLines(ratings))
    const skipped = batches.reduce((sum, { length }, at) => sum + (byBatch.has(at) ? 0 : length), 0)
    // What was skipped can be gone on with under a greater budget.
    if (skipped === 0) rmSync(partial, { force: true })
    return { ratings, rated, unrated: ratings.length - rated, skipped, spending: model.spending() }
  } finally {
    lock.release()
  }
}

/** Counts what rating would take; sends nothing. */
export function estimateRating(
  languageModels: LanguageModels,
  request: Pick<RateRequest, 'concepts' | 'texts' | 'provider' | 'seed' | 'samples' | 'batch'>,
  signal: AbortSignal,
): Promise<Estimate> {
  const { batches, samples } = prepare(request)
  const counted = batches.map((concepts): CountedRequest => ({
    kind: 'chat',
    request: rateRequest(samples, concepts, request.seed),
  }))
  return languageModels.estimate(request.provider, counted, { signal })
}

function prepare(request: Pick<RateRequest, 'concepts' | 'texts' | 'seed' | 'samples' | 'batch'>) {
  const { texts, seed } = request
  const concepts = request.concepts.flatMap(({ neuron, text, status }): RatedConcept[] =>
    text.trim() === '' || status === 'failed' || status === 'rejected' ? [] : [{ neuron, text }],
  )
  if (concepts.length === 0) {
    throw new SnipError('bad-argument', 'There is no concept to rate', { remedy: 'Explain neurons first.' })
  }
  if (texts.length === 0) throw new SnipError('bad-data', 'There is no text to show', { remedy: 'Choose other data.' })
  const random = createRandom(deriveSeed(seed, 'rate-samples'))
  const chosen = sampleIndices(texts.length, Math.min(request.samples, texts.length), random)
  const samples = chosen.map((at) => texts[at]!.slice(0, mostCharacters))
  const batches: RatedConcept[][] = []
  for (let first = 0; first < concepts.length; first += request.batch) {
    batches.push(concepts.slice(first, first + request.batch))
  }
  return { batches, samples }
}

function withoutRating(concepts: readonly RatedConcept[], rater: string, reason: string): ConceptRating[] {
  return concepts.map(({ neuron, text }) => ({ neuron, rating: null, rater, reason, text }))
}

async function* missing(count: number, known: ReadonlySet<number>): AsyncGenerator<number> {
  for (let at = 0; at < count; at++) if (!known.has(at)) yield at
}
