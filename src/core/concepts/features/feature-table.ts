import type { ClassId, PlaceId } from '../grammar/classes.ts'

/** One thing that can be true of a token; subjects and contexts of the grammar are unions of these. */
export type Feature =
  | { readonly role: 'class'; readonly value: ClassId }
  | { readonly role: 'word' | 'token' | 'ending' | 'after-word' | 'before-word'; readonly value: string }
  | { readonly role: 'after-class' | 'before-class'; readonly value: ClassId }
  | { readonly role: 'place'; readonly value: PlaceId }

/** Of two predicates that explain a neuron equally well, the one that reads better. */
const plainestFirst: readonly Feature['role'][] = [
  'class',
  'word',
  'token',
  'ending',
  'place',
  'after-class',
  'after-word',
  'before-class',
  'before-word',
]

/** Numbers the features in the order in which they are first met. */
export class FeatureTable {
  readonly #ids = new Map<string, number>()
  readonly #features: Feature[] = []

  get size(): number {
    return this.#features.length
  }

  intern(role: Feature['role'], value: string): number {
    const key = `${role}\u0000${value}`
    const known = this.#ids.get(key)
    if (known !== undefined) return known
    this.#ids.set(key, this.#features.length)
    this.#features.push({ role, value } as Feature)
    return this.#features.length - 1
  }

  /** The number of a feature, or undefined when no window has had it. */
  find(role: Feature['role'], value: string): number | undefined {
    return this.#ids.get(`${role}\u0000${value}`)
  }

  get(id: number): Feature {
    const feature = this.#features[id]
    if (!feature) throw new RangeError(`No feature ${id}`)
    return feature
  }

  /**
   * An order of features that does not depend on which windows were met first: every choice between equals goes by it, so
   * that a neuron's description is the same whoever was described before.
   */
  compare(a: number, b: number): number {
    const x = this.get(a)
    const y = this.get(b)
    if (x.role !== y.role) return plainestFirst.indexOf(x.role) - plainestFirst.indexOf(y.role)
    return x.value < y.value ? -1 : x.value > y.value ? 1 : 0
  }

  /** Numbers of all words met so far that end in `suffix` and are longer than it. */
  wordsEndingIn(suffix: string): number[] {
    const ids: number[] = []
    for (let id = 0; id < this.#features.length; id++) {
      const feature = this.#features[id]
      if (feature?.role === 'word' && endsIn(feature.value, suffix)) ids.push(id)
    }
    return ids
  }
}

/** Whether a normalised word ends in a suffix and is longer than it. */
export function endsIn(word: string, suffix: string): boolean {
  return word.length > suffix.length && word.endsWith(suffix)
}
