import { SnipError, type FailureKind } from '../../../contract/failure.ts'

/** What concerns all requests: going on would only repeat it, or must not. */
const ending: ReadonlySet<FailureKind> = new Set([
  'cancelled',
  'budget',
  'offline',
  'disk-full',
  'host-died',
  'internal',
  'bad-file',
  'bad-data',
  'bad-model',
])

/** Failures of one unit after the other, without a success between, after which a server is not asked any more. */
const fewestInARow = 8

/**
 * Tells what fails one unit of work from what must end all of it. A server that refuses once in a while fails the unit it refused; one
 * that refuses all that was asked of it for a while ends the work, and the units of that while are left to be asked again.
 */
export class Outcomes<Unit> {
  readonly #inARow: number
  readonly #fail: (unit: Unit, reason: string) => void
  #held: { readonly unit: Unit; readonly error: SnipError }[] = []
  #well = 0

  constructor(concurrency: number, fail: (unit: Unit, reason: string) => void) {
    this.#inARow = Math.max(fewestInARow, 2 * concurrency)
    this.#fail = fail
  }

  wentWell(): void {
    this.#well++
    this.#release()
  }

  /** Throws what must end the work. */
  failed(unit: Unit, error: unknown): void {
    if (!(error instanceof SnipError) || ending.has(error.kind)) throw error
    if (error.kind === 'llm-reply') {
      this.#fail(unit, error.message)
      return
    }
    this.#held.push({ unit, error })
    if (this.#held.length >= this.#inARow) throw error
  }

  /** At the end of all units. Throws where not one of them went well. */
  end(): void {
    const last = this.#held.at(-1)
    if (last && this.#well === 0) throw last.error
    this.#release()
  }

  #release(): void {
    for (const { unit, error } of this.#held) this.#fail(unit, error.message)
    this.#held = []
  }
}
