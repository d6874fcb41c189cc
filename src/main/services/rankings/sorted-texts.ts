import type { Hash } from 'node:crypto'

/** Texts of a part: one that changes is written anew, so that this is a balance of many parts and long ones. */
const textsTogether = 512

interface Part {
  readonly texts: string[]
  /** The texts as the middle of a JSON array, UTF-8; null until it is asked for. */
  json: Buffer | null
}

/** Texts in order of their UTF-16 units, the same one as often as it was added: each change costs a part of them. */
export class SortedTexts {
  readonly #parts: Part[] = []
  #size = 0

  constructor(texts: readonly string[]) {
    const sorted = texts.toSorted()
    this.#size = sorted.length
    for (let first = 0; first < sorted.length; first += textsTogether) {
      this.#parts.push({ texts: sorted.slice(first, first + textsTogether), json: null })
    }
  }

  get size(): number {
    return this.#size
  }

  add(text: string): void {
    const at = Math.min(this.#partOf(text), this.#parts.length - 1)
    this.#size++
    const part = this.#parts[at]
    if (part === undefined) {
      this.#parts.push({ texts: [text], json: null })
      return
    }
    part.texts.splice(placeIn(part.texts, text), 0, text)
    part.json = null
    if (part.texts.length <= 2 * textsTogether) return
    this.#parts.splice(at + 1, 0, { texts: part.texts.splice(textsTogether), json: null })
  }

  /** Takes one away that is there. */
  remove(text: string): void {
    const at = this.#partOf(text)
    const part = this.#parts[at]
    if (part === undefined) return
    const place = placeIn(part.texts, text)
    if (part.texts[place] !== text) return
    this.#size--
    part.texts.splice(place, 1)
    part.json = null
    if (part.texts.length === 0) this.#parts.splice(at, 1)
  }

  /** Adds the JSON array of all texts to a hash. */
  addTo(hash: Hash): void {
    hash.update('[')
    for (const [at, part] of this.#parts.entries()) {
      part.json ??= Buffer.from(JSON.stringify(part.texts).slice(1, -1))
      if (at > 0) hash.update(',')
      hash.update(part.json)
    }
    hash.update(']')
  }

  /** The first part whose last text is not before a text. */
  #partOf(text: string): number {
    let low = 0
    let high = this.#parts.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#parts[middle]!.texts.at(-1)! < text) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** The first place whose text is not before another. */
function placeIn(texts: readonly string[], text: string): number {
  let low = 0
  let high = texts.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (texts[middle]! < text) low = middle + 1
    else high = middle
  }
  return low
}
