import type { ClassId, PlaceId, Strength } from './classes.ts'

/** What fires: a class, exact words (case ignored), exact tokens (space and case kept), an ending, or anything. */
export type Subject =
  | { readonly kind: 'class'; readonly id: ClassId }
  | { readonly kind: 'words'; readonly items: readonly string[] }
  | { readonly kind: 'tokens'; readonly items: readonly string[] }
  | { readonly kind: 'ending'; readonly suffix: string }
  | { readonly kind: 'anything' }

/** What must stand around it. `items` are words or punctuation marks, any one of which is enough; case is ignored. */
export type Context =
  | { readonly kind: 'after' | 'before'; readonly id: ClassId }
  | { readonly kind: 'after' | 'before'; readonly items: readonly string[] }
  | { readonly kind: 'place'; readonly id: PlaceId }

/**
 * One conjunction: the subject and all contexts. `examples` after `such-as` only illustrate; after `especially` they
 * get the full level and other members of the class half of it.
 */
export interface Clause {
  readonly strength: Strength
  readonly subject: Subject
  readonly examples?: { readonly kind: 'such-as' | 'especially'; readonly items: readonly string[] }
  readonly contexts: readonly Context[]
}

/** A disjunction: a token gets the largest level of the clauses that hold, else 0. No clause: nothing describable. */
export interface Description {
  readonly clauses: readonly Clause[]
}

/** The sentence of a description without clauses. */
export const noPatternSentence = 'no describable pattern'
