import type { NeuronPage } from '../../../contract/workbench/neurons.ts'
import type { DocumentStore } from '../workspace/document-store.ts'
import type { Documents } from '../workspace/documents.ts'

export type Review = Documents['review']
/** What a person said of one sentence. */
export type Verdict = Omit<Review, 'earlier'>
/** A sentence as it is judged, with who wrote it. */
export type JudgedSentence = NonNullable<Review['sentence']>
type Edit = Documents['concept-edit']
type ConceptStatus = NeuronPage['concept']['status']

/** The newest sentence that explainers wrote about a neuron, or why there is none. */
export interface Suggestion {
  readonly text: string
  readonly failed: boolean
  /** Key of the explanation that it is from. */
  readonly explanation: string
  /** Milliseconds since 1970. */
  readonly at: number
}

/** Whose sentence stands for a neuron, and what it is. */
export interface Standing {
  readonly from: 'edit' | 'verdict' | 'explainer'
  readonly status: ConceptStatus
}

const standings = {
  edited: { from: 'edit', status: 'edited' },
  editAccepted: { from: 'edit', status: 'accepted' },
  editRejected: { from: 'edit', status: 'rejected' },
  kept: { from: 'verdict', status: 'accepted' },
  none: { from: 'explainer', status: 'none' },
  failed: { from: 'explainer', status: 'failed' },
  suggested: { from: 'explainer', status: 'suggested' },
  accepted: { from: 'explainer', status: 'accepted' },
  rejected: { from: 'explainer', status: 'rejected' },
} as const satisfies Record<string, Standing>

/** Keys of all explanations in order of creation, which no clock changes. */
export class ExplanationOrder {
  readonly #places = new Map<string, number>()

  constructor(store: Pick<DocumentStore, 'all'>) {
    for (const key of store.all('explanation').keys()) this.#places.set(key, this.#places.size)
  }

  /** True when an explanation came after something was said. What does not tell its place is put there by its time. */
  isAfter(
    { explanation, at }: Pick<Suggestion, 'explanation' | 'at'>,
    said: { readonly latest?: string | null | undefined; readonly at?: number | undefined },
  ): boolean {
    const { latest } = said
    const then = latest === null ? -1 : latest === undefined ? undefined : this.#places.get(latest)
    if (then !== undefined) return (this.#places.get(explanation) ?? -1) > then
    return said.at !== undefined && at > said.at
  }
}

/** Key of the newest explanation; null when there is none. */
export function latestExplanation(store: Pick<DocumentStore, 'all'>): string | null {
  return [...store.all('explanation').keys()].at(-1) ?? null
}

/** What a person said of a sentence; null when nobody did. */
export function verdictOn(review: Review | null | undefined, text: string): Verdict | null {
  if (review === null || review === undefined) return null
  if (review.sentence?.text === text) return review
  return review.earlier?.find(({ sentence }) => sentence?.text === text) ?? null
}

/**
 * Whose sentence stands for a neuron. A person's edit stands above all, unless it was rejected and explainers wrote another one since; an
 * accepted sentence stands above newer ones; a rejection counts for its sentence alone.
 */
export function standingOf(
  edit: Edit | null | undefined,
  review: Review | null | undefined,
  suggestion: Suggestion | null,
  order: ExplanationOrder,
): Standing {
  const isSuggested = suggestion !== null && !suggestion.failed && suggestion.text !== ''
  if (edit !== null && edit !== undefined) {
    const verdict = verdictOn(review, edit.text)
    if (verdict === null) return standings.edited
    if (verdict.status === 'accepted') return standings.editAccepted
    if (!isSuggested || suggestion.text === edit.text || !order.isAfter(suggestion, verdict)) {
      return standings.editRejected
    }
  }
  const verdict = isSuggested ? verdictOn(review, suggestion.text) : null
  if (review?.status === 'accepted' && review.sentence !== undefined && verdict !== review) return standings.kept
  if (suggestion === null || (suggestion.text === '' && !suggestion.failed)) return standings.none
  if (suggestion.failed) return standings.failed
  return verdict === null ? standings.suggested : standings[verdict.status]
}

/** The document after a verdict on a sentence: rejections of other sentences stay. */
export function judged(before: Review | null, verdict: Verdict & { readonly sentence: JudgedSentence }): Review {
  return withEarlier(verdict, rejectionsOf(before, verdict.sentence.text))
}

/** The document without the verdict on a sentence; null when it says nothing any more. */
export function reopened(before: Review | null, text: string): Review | null {
  if (before === null) return null
  const rejections = rejectionsOf(before, text)
  if (before.status === 'accepted' && before.sentence !== undefined && before.sentence.text !== text) {
    return withEarlier(before, rejections)
  }
  const last = rejections.pop()
  return last === undefined ? null : withEarlier(last, rejections)
}

/** The document after a person wrote a sentence of her own: what was accepted before gives way to it, and nobody has judged it yet. */
export function rewritten(before: Review | null, text: string): Review | null {
  const rejections = rejectionsOf(before, text)
  const last = rejections.pop()
  return last === undefined ? null : withEarlier(last, rejections)
}

/** Rejections of all sentences but one, oldest first. */
function rejectionsOf(review: Review | null, but: string): Verdict[] {
  if (review === null) return []
  const { earlier = [], ...last } = review
  return [...earlier, last].filter(({ status, sentence }) => {
    return status === 'rejected' && sentence !== undefined && sentence.text !== but
  })
}

function withEarlier(last: Verdict, earlier: readonly Verdict[]): Review {
  const { status, author, at, sentence, latest } = last
  return {
    status,
    ...(author === undefined ? {} : { author }),
    ...(at === undefined ? {} : { at }),
    ...(sentence === undefined ? {} : { sentence }),
    ...(latest === undefined ? {} : { latest }),
    ...(earlier.length === 0 ? {} : { earlier: [...earlier] }),
  }
}

/** A sentence about a neuron, and the explanation that brought it. */
export interface SentenceThen extends JudgedSentence {
  readonly explanation: string
  /** Milliseconds since 1970. */
  readonly at: number
}

/**
 * An older verdict with the sentence that it must have been on: the edit's where there is one, which takes verdicts away when it is made;
 * else what explainers had written by then, or, where no time tells, what they say now. `sentences` are theirs, oldest first.
 */
export function withSentence(
  review: Review,
  edit: Edit | null | undefined,
  sentences: readonly SentenceThen[],
): Review {
  if (review.sentence !== undefined) return review
  if (edit !== null && edit !== undefined) {
    return { ...review, sentence: writtenBy(edit) }
  }
  const { at } = review
  const then = at === undefined ? undefined : sentences.findLast((sentence) => sentence.at <= at)
  const meant = then ?? sentences.at(-1)
  if (meant === undefined) return review
  const { explanation, at: _at, ...sentence } = meant
  return { ...review, sentence, latest: explanation }
}

/** A sentence that a person wrote: nothing has scored it. */
export function writtenBy({ text, author }: { readonly text: string; readonly author: string }): JudgedSentence {
  return { text, author, explainer: null, score: null, scoreKind: null }
}
