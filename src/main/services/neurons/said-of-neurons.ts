import type { Documents } from '../workspace/documents.ts'
import type { Evidence } from './evidence.ts'
import type { Lookup } from './layered-map.ts'
import { placeIn, sentencesIn, suggestionIn, type Suggested } from './suggested-sentences.ts'
import {
  standingOf,
  verdictOn,
  withSentence,
  writtenBy,
  type ExplanationOrder,
  type JudgedSentence,
  type Review,
  type Standing,
  type Verdict,
} from './verdicts.ts'

/** A neuron's concept as it stands. */
export interface StandingConcept extends Standing, JudgedSentence {
  /** Why there is no sentence, or none that is scored. */
  readonly reason: string | null
  /** What a person said of this sentence; null when nobody did. */
  readonly verdict: Verdict | null
  /** The explainers' newest sentence; '' when there is none. */
  readonly suggestion: string
  /** The explainers' newest sentence is another one, and came after what a person said. */
  readonly hasNewer: boolean
}

export type Edits = Lookup<string, Documents['concept-edit']>
export type Reviews = Lookup<string, Review>

/** What people say of the neurons of the evidence, above what explainers say of them. */
export class SaidOfNeurons {
  readonly #edits: Edits
  readonly #reviews: Reviews
  readonly #suggested: Suggested
  readonly #order: ExplanationOrder

  constructor(edits: Edits, reviews: Reviews, suggested: Suggested, order: ExplanationOrder) {
    this.#edits = edits
    this.#reviews = reviews
    this.#suggested = suggested
    this.#order = order
  }

  /** Neurons that people said something of, each once. */
  *neurons(): Generator<string> {
    yield* this.#edits.keys()
    for (const neuron of this.#reviews.keys()) if (!this.#edits.has(neuron)) yield neuron
  }

  reviewOf(neuron: string): Review | null {
    return this.#reviews.get(neuron) ?? null
  }

  standing(neuron: string, row: number): Standing {
    const suggestion = suggestionIn(this.#suggested, row)
    return standingOf(this.#edits.get(neuron), this.#reviews.get(neuron), suggestion, this.#order)
  }

  /** The sentence that stands by a person's word; null where an explainer's newest one does. */
  personal({ from }: Standing, neuron: string): JudgedSentence | null {
    if (from === 'explainer') return null
    if (from === 'verdict') return this.#reviews.get(neuron)?.sentence ?? null
    const edit = this.#edits.get(neuron)
    return edit === undefined ? null : writtenBy(edit)
  }

  concept(neuron: string, row: number): StandingConcept {
    const standing = this.standing(neuron, row)
    const newest = suggestionIn(this.#suggested, row)
    const suggestion = newest === null || newest.failed ? '' : newest.text
    const personal = this.personal(standing, neuron)
    if (personal === null) {
      const verdict = suggestion === '' ? null : verdictOn(this.#reviews.get(neuron), suggestion)
      return { ...standing, ...this.#explained(row), verdict, suggestion, hasNewer: false }
    }
    const verdict = verdictOn(this.#reviews.get(neuron), personal.text)
    const said = verdict ?? this.#edits.get(neuron)
    const isOther = newest !== null && suggestion !== '' && suggestion !== personal.text
    const hasNewer = isOther && said !== undefined && this.#order.isAfter(newest, said)
    const reason = standing.from === 'edit' ? 'The sentence was written by hand and is not scored' : null
    return { ...standing, ...personal, reason, verdict, suggestion, hasNewer }
  }

  #explained(row: number): JudgedSentence & { readonly reason: string | null } {
    const found = placeIn(this.#suggested, row)
    if (found === null) return { text: '', author: null, explainer: null, score: null, scoreKind: null, reason: null }
    const { place, source } = found
    const { texts, authors, scores, scoreKinds, reasons } = source.file
    const score = scores[place]!
    return {
      text: texts[place]!,
      author: authors[place]!,
      explainer: source.explainer,
      score: Number.isNaN(score) ? null : score,
      scoreKind: scoreKinds[place]!,
      reason: reasons.get(place) ?? null,
    }
  }
}

/** The verdicts with the sentences that they are on; older ones do not say it. */
export function withSentences(
  reviews: ReadonlyMap<string, Review>,
  edits: Edits,
  suggested: Suggested,
  { rowOf }: Evidence,
): ReadonlyMap<string, Review> {
  const silent = new Map<string, number>()
  for (const [neuron, { sentence }] of reviews) {
    const row = sentence === undefined ? rowOf(neuron) : null
    if (row !== null) silent.set(neuron, row)
  }
  if (silent.size === 0) return reviews
  const sentences = sentencesIn(suggested, new Set(silent.values()))
  const whole = new Map(reviews)
  for (const [neuron, row] of silent) {
    whole.set(neuron, withSentence(reviews.get(neuron)!, edits.get(neuron), sentences.get(row) ?? []))
  }
  return whole
}
