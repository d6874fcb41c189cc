import type { QueueOrder, ReviewFilter } from '../../../contract/workbench/review.ts'

export const orderNames: Readonly<Record<QueueOrder, string>> = {
  cut: 'Nearest to the cut',
  score: 'Lowest score',
  disagreement: 'Disagreement',
}

export const statusNames = {
  suggested: 'To review',
  accepted: 'Accepted',
  edited: 'Edited',
  rejected: 'Rejected',
  failed: 'Failed',
  all: 'All with a concept',
} as const
export type ConceptStatus = keyof typeof statusNames

/** What a person wishes to review. */
export interface ReviewWishes {
  readonly order: QueueOrder
  readonly status: ConceptStatus
  readonly site: 'mlp' | 'attention' | null
  readonly text: string
  /** Neurons that a search found. */
  readonly only: { readonly neurons: readonly string[]; readonly what: string } | null
}

export const firstWishes: ReviewWishes = { order: 'cut', status: 'suggested', site: null, text: '', only: null }

export function filterOf({ status, site, text, only }: ReviewWishes): ReviewFilter {
  return {
    statuses: status === 'all' ? ['suggested', 'accepted', 'edited', 'rejected'] : [status],
    ...(site === null ? {} : { site }),
    ...(text.trim() === '' ? {} : { text: text.trim() }),
    ...(only === null ? {} : { neurons: [...only.neurons] }),
  }
}
