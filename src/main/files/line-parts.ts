import type { FileLine } from './read-lines.ts'

/** Gathers the lines (or items) of a file from its pieces: one that lies across pieces is put together, and none beyond `longest` bytes is held. */
export class LineParts {
  readonly #longest: number
  #parts: Buffer[] = []
  #bytes = 0
  #isTooLong = false
  #finished = 0

  constructor(longest: number) {
    this.#longest = longest
  }

  /** Lines that were finished. */
  get finished(): number {
    return this.#finished
  }

  /** Whether something of the next line is there. */
  get hasBegun(): boolean {
    return this.#bytes > 0
  }

  /** Adds bytes to the line that is under way. */
  take(part: Buffer): void {
    this.#bytes += part.length
    this.#isTooLong ||= this.#bytes > this.#longest
    if (this.#isTooLong) this.#parts = []
    else this.#parts.push(part)
  }

  /** Ends the line; its text is null where it is too long. */
  finish(): FileLine {
    const text = this.#isTooLong ? null : Buffer.concat(this.#parts).toString('utf8')
    this.drop()
    return { line: ++this.#finished, text }
  }

  /** Forgets what was taken of the line. */
  drop(): void {
    this.#parts = []
    this.#bytes = 0
    this.#isTooLong = false
  }
}
