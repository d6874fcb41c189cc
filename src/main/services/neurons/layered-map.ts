/** Changes that are carried along before they are worked into the base: few enough to be copied in microseconds. */
const mostInLayer = 1024

/** The part of a map that is read. */
export interface Lookup<Key, Value> {
  get(key: Key): Value | undefined
  has(key: Key): boolean
  keys(): Iterable<Key>
}

/** A map of many entries that never changes: one with some entries changed shares the rest with it, and costs only those. */
export class LayeredMap<Key, Value> implements Lookup<Key, Value> {
  readonly #base: ReadonlyMap<Key, Value>
  /** Null takes an entry of the base away. */
  readonly #layer: ReadonlyMap<Key, Value | null>

  /** `base` must not change any more. */
  constructor(base: ReadonlyMap<Key, Value>, layer: ReadonlyMap<Key, Value | null> = new Map<Key, Value | null>()) {
    this.#base = base
    this.#layer = layer
  }

  get(key: Key): Value | undefined {
    const above = this.#layer.get(key)
    return above === undefined ? this.#base.get(key) : (above ?? undefined)
  }

  has(key: Key): boolean {
    return this.get(key) !== undefined
  }

  *keys(): Generator<Key> {
    for (const key of this.#base.keys()) if (this.#layer.get(key) !== null) yield key
    for (const [key, value] of this.#layer) if (value !== null && !this.#base.has(key)) yield key
  }

  /** The same with some entries changed, or with null taken away. */
  with(changes: ReadonlyMap<Key, Value | null>): LayeredMap<Key, Value> {
    if (changes.size === 0) return this
    const layer = new Map([...this.#layer, ...changes])
    if (layer.size <= mostInLayer) return new LayeredMap(this.#base, layer)
    const base = new Map(this.#base)
    for (const [key, value] of layer) {
      if (value === null) base.delete(key)
      else base.set(key, value)
    }
    return new LayeredMap(base)
  }
}
