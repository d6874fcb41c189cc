/**
 * Seeded randomness: xoshiro128** (Blackman and Vigna, 2018), its 128-bit state filled by splitmix32 from the seed.
 * Only 32-bit integer steps are used, so a seed gives the same numbers on every platform. Not for secrets.
 */
export interface Random {
  /** A whole number in [0, 2^32). */
  uint32(): number
  /** A number in [0, 1) with 53 random bits. */
  uniform(): number
  /** A whole number in [0, n) without modulo bias; n from 1 to 2^53 - 1. */
  integer(n: number): number
  /** A standard normal number (polar method of Marsaglia). */
  normal(): number
  /** Fisher-Yates, in place. */
  shuffle<T>(array: MutableSequence<T>): void
  /** k distinct numbers of 0..n-1, ascending (Floyd's method). */
  sample(n: number, k: number): number[]
}

/** What can be shuffled: an array or a typed array. */
export interface MutableSequence<T> {
  [index: number]: T
  readonly length: number
}

const twoTo32 = 4294967296

/** A generator for an integer seed from 0 to 2^53 - 1. Throws RangeError for any other seed. */
export function createRandom(seed: number): Random {
  if (!Number.isSafeInteger(seed) || seed < 0) throw new RangeError(`seed must be a whole number >= 0, not ${seed}`)
  const low = splitmix32(seed % twoTo32)
  const high = splitmix32(Math.floor(seed / twoTo32) ^ 0x5851f42d)
  const uint32 = xoshiro128([low() ^ high(), low() ^ high(), low() ^ high(), low() ^ high()])
  let spareNormal: number | null = null

  function bits53(): number {
    const high27 = uint32() >>> 5
    const low26 = uint32() >>> 6
    return high27 * 67108864 + low26
  }

  function integer(n: number): number {
    if (!Number.isSafeInteger(n) || n < 1) throw new RangeError(`integer(n) needs a whole n >= 1, not ${n}`)
    const wide = n > twoTo32
    const range = wide ? 9007199254740992 : twoTo32
    const limit = range - (range % n)
    let value = wide ? bits53() : uint32()
    while (value >= limit) value = wide ? bits53() : uint32()
    return value % n
  }

  function normal(): number {
    if (spareNormal !== null) {
      const spare = spareNormal
      spareNormal = null
      return spare
    }
    let x = 0
    let y = 0
    let square = 0
    do {
      x = 2 * (bits53() / 9007199254740992) - 1
      y = 2 * (bits53() / 9007199254740992) - 1
      square = x * x + y * y
    } while (square >= 1 || square === 0)
    const scale = Math.sqrt((-2 * Math.log(square)) / square)
    spareNormal = y * scale
    return x * scale
  }

  function shuffle<T>(array: MutableSequence<T>): void {
    for (let last = array.length - 1; last > 0; last--) {
      const other = integer(last + 1)
      const held = array[last] as T
      array[last] = array[other] as T
      array[other] = held
    }
  }

  function sample(n: number, k: number): number[] {
    if (!Number.isSafeInteger(n) || !Number.isSafeInteger(k) || k < 0 || k > n) {
      throw new RangeError(`sample(n, k) needs whole 0 <= k <= n, not n = ${n}, k = ${k}`)
    }
    const chosen = new Set<number>()
    for (let top = n - k; top < n; top++) {
      const candidate = integer(top + 1)
      chosen.add(chosen.has(candidate) ? top : candidate)
    }
    return Array.from(chosen).toSorted((a, b) => a - b)
  }

  return { uint32, uniform: () => bits53() / 9007199254740992, integer, normal, shuffle, sample }
}

/**
 * A seed for an independent stream with a name: the same seed and label give the same stream, and adding a stream
 * changes no other. 53 bits: FNV-1a over the label's UTF-16 units, mixed with both halves of the seed.
 */
export function deriveSeed(seed: number, label: string): number {
  const parent = createRandom(seed)
  let first = 0x811c9dc5 ^ parent.uint32()
  let second = 0x01000193 ^ parent.uint32()
  for (let at = 0; at < label.length; at++) {
    const unit = label.charCodeAt(at)
    first = Math.imul(first ^ unit, 0x01000193)
    second = Math.imul(second ^ unit, 0x85ebca6b) ^ (second >>> 13)
  }
  const high21 = splitmix32(first ^ label.length)() >>> 11
  const low32 = splitmix32(second)()
  return high21 * twoTo32 + low32
}

/** The bare xoshiro128** generator from a 128-bit state; an all-zero state, its one fixed point, is moved off it. */
export function xoshiro128(state: readonly [number, number, number, number]): () => number {
  let [s0, s1, s2, s3] = state
  if ((s0 | s1 | s2 | s3) === 0) s0 = 1
  return () => {
    const product = Math.imul(s1, 5)
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0
    const shifted = s1 << 9
    s2 ^= s0
    s3 ^= s1
    s1 ^= s2
    s0 ^= s3
    s2 ^= shifted
    s3 = (s3 << 11) | (s3 >>> 21)
    return result
  }
}

/** splitmix32: a 32-bit counter with a mixing step (constants of MurmurHash3's finaliser variant by Stafford). */
function splitmix32(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x9e3779b9) | 0
    let mixed = state ^ (state >>> 16)
    mixed = Math.imul(mixed, 0x21f0aaad)
    mixed ^= mixed >>> 15
    mixed = Math.imul(mixed, 0x735a2d97)
    return (mixed ^ (mixed >>> 15)) >>> 0
  }
}
