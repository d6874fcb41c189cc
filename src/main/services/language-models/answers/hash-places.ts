const hashBytes = 32
const none = -1

/**
 * Numbers by hashes of 32 bytes, in typed arrays: reading hundreds of thousands of hashes into a map of texts takes half a second in one
 * go, and several times the memory.
 */
export class HashPlaces {
  #hashes = Buffer.alloc(512 * hashBytes)
  #places = new Float64Array(512)
  #count = 0
  /** Entries by the first bytes of their hash, with open addressing; never more than half of it is taken. */
  #slots = new Int32Array(1024).fill(none)

  /** The number of a hash in hexadecimal digits; undefined where there is none. */
  get(hash: string): number | undefined {
    const entry = this.#slots[this.#slotOf(Buffer.from(hash, 'hex'), 0)]!
    return entry === none ? undefined : this.#places[entry]
  }

  has(hash: string): boolean {
    return this.get(hash) !== undefined
  }

  /** Sets the number of the hash that stands in `bytes` from `at` on. */
  set(bytes: Buffer, at: number, place: number): void {
    const slot = this.#slotOf(bytes, at)
    const known = this.#slots[slot]!
    if (known !== none) {
      this.#places[known] = place
      return
    }
    const entry = this.#count++
    if (entry === this.#places.length) this.#grow()
    bytes.copy(this.#hashes, entry * hashBytes, at, at + hashBytes)
    this.#places[entry] = place
    this.#slots[this.#slotOf(bytes, at)] = entry
  }

  /** The slot of a hash, or the free one where it belongs. */
  #slotOf(bytes: Buffer, at: number): number {
    const mask = this.#slots.length - 1
    let slot = bytes.readUInt32LE(at) & mask
    for (;;) {
      const entry = this.#slots[slot]!
      if (entry === none) return slot
      const from = entry * hashBytes
      if (this.#hashes.compare(bytes, at, at + hashBytes, from, from + hashBytes) === 0) return slot
      slot = (slot + 1) & mask
    }
  }

  #grow(): void {
    const hashes = Buffer.alloc(2 * this.#hashes.length)
    this.#hashes.copy(hashes)
    const places = new Float64Array(2 * this.#places.length)
    places.set(this.#places)
    const entries = this.#places.length
    this.#hashes = hashes
    this.#places = places
    this.#slots = new Int32Array(2 * this.#slots.length).fill(none)
    const mask = this.#slots.length - 1
    for (let entry = 0; entry < entries; entry++) {
      let slot = hashes.readUInt32LE(entry * hashBytes) & mask
      while (this.#slots[slot] !== none) slot = (slot + 1) & mask
      this.#slots[slot] = entry
    }
  }
}
