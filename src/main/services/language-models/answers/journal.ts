import { randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { SnipError } from '../../../../contract/failure.ts'
import { fileError } from '../../../files/write-aside.ts'
import { takeWriterLock } from '../../jobs/writer-lock.ts'
import { BudgetMeter, type Charge } from '../budget/budget-meter.ts'
import { AppendFile, type WriteBytes } from './append-file.ts'

/** Room that is kept so that what is paid for can still be written when the disk is full: for each request under way, and for all. */
const roomForEach = 64 * 1024
const roomForAll = 1024 * 1024
const pieceBytes = 4 * 1024 * 1024

interface Line {
  readonly hash: string
  /** What it cost; null for an answer that was there already. */
  readonly charge: Charge | null
  /** Left out where a request was, or may have been, paid for and brought no answer. */
  readonly reply?: unknown
  /** The server refused it: the same request is another one from here on. */
  readonly refused?: true
  /** On one line, which is no request: names this work among all others. */
  readonly id?: string | undefined
}

/**
 * The answers to the requests of one job, in requests.jsonl of its folder: one line each, found by hash. A torn last line is cut
 * off. What was spent is in it too, so that a cap holds for all of a job, however often it is resumed. One process writes it.
 */
export class Journal {
  readonly meter = new BudgetMeter()
  readonly #file: AppendFile
  readonly #reserve: Reserve
  readonly #unlock: () => void
  readonly #places = new Map<string, { readonly offset: number; readonly length: number }>()
  readonly #refusals = new Map<string, number>()
  #isFull = false
  #id: string | null = null

  constructor(folder: string, concurrency: number, write?: WriteBytes) {
    const path = join(folder, 'requests.jsonl')
    let lock: { release(): void }
    try {
      lock = takeWriterLock(join(folder, 'requests.lock'), path)
    } catch (error) {
      throw fileError(error, path, 'write')
    }
    this.#unlock = () => lock.release()
    try {
      this.#file = new AppendFile(path, write)
      this.#readAll()
      this.#reserve = new Reserve(join(folder, 'requests.reserve'), roomForAll + concurrency * roomForEach)
      if (this.#id === null) {
        this.#id = randomBytes(16).toString('hex')
        this.append({ hash: '', charge: null, id: this.#id })
      }
    } catch (error) {
      lock.release()
      throw error
    }
  }

  /** Of the work whose answers these are: the same after every new start. */
  get id(): string {
    return this.#id!
  }

  get answered(): number {
    return this.#places.size
  }

  has(hash: string): boolean {
    return this.#places.has(hash)
  }

  /** The reply to a request; undefined when it has none. */
  find(hash: string): unknown {
    const place = this.#places.get(hash)
    if (place === undefined) return undefined
    const line = JSON.parse(this.#file.read(place.offset, place.length).toString('utf8')) as Line
    return line.reply
  }

  /** Takes a reply that is none as if it were not there: the request can be answered again. */
  drop(hash: string): void {
    this.#places.delete(hash)
  }

  /** How often the server has refused a request, in earlier processes too. */
  refusalsOf(hash: string): number {
    return this.#refusals.get(hash) ?? 0
  }

  noteRefusal(hash: string): void {
    this.#appendWhatever(Buffer.from(`${JSON.stringify({ hash, charge: null, refused: true })}\n`, 'utf8'))
    this.#refusals.set(hash, this.refusalsOf(hash) + 1)
  }

  /** Throws `disk-full` once an answer needed the room that was kept: nothing more may be sent. */
  checkRoom(): void {
    if (!this.#isFull) return
    throw new SnipError('disk-full', `The disk is full: ${this.#file.path} takes no more answers`, {
      remedy: 'Free some space and resume; every answer so far is kept.',
    })
  }

  /** Writes an answer, or a charge without one. Where the disk is full, in the room that was kept for it. */
  append(line: Line): void {
    if (line.reply !== undefined && this.#places.has(line.hash)) return
    const bytes = Buffer.from(
      `${JSON.stringify({ hash: line.hash, charge: line.charge, id: line.id, reply: line.reply })}\n`,
      'utf8',
    )
    const offset = this.#appendWhatever(bytes)
    if (line.reply !== undefined) this.#places.set(line.hash, { offset, length: bytes.length - 1 })
  }

  close(): void {
    try {
      this.#reserve.release()
      this.#file.close()
    } finally {
      this.#unlock()
    }
  }

  #appendWhatever(bytes: Buffer): number {
    try {
      return this.#file.append(bytes)
    } catch (error) {
      if (!(error instanceof SnipError) || error.kind !== 'disk-full') throw error
      this.#isFull = true
      this.#reserve.release()
      return this.#file.append(bytes)
    }
  }

  /** Piece by piece: the file may be longer than memory holds. */
  #readAll(): void {
    const { size } = this.#file
    let lineStart = 0
    let number = 0
    let rest = Buffer.alloc(0)
    for (let at = 0; at < size;) {
      const piece = this.#file.read(at, Math.min(pieceBytes, size - at))
      at += piece.length
      const bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece])
      let from = 0
      for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, from)) {
        this.#take(bytes.subarray(from, end), lineStart, ++number)
        lineStart += end + 1 - from
        from = end + 1
      }
      rest = Buffer.from(bytes.subarray(from))
    }
    if (lineStart < size) this.#file.truncate(lineStart)
  }

  #take(bytes: Buffer, offset: number, number: number): void {
    let line: Partial<Line> | null = null
    try {
      line = JSON.parse(bytes.toString('utf8')) as Partial<Line> | null
    } catch {
      // Named below.
    }
    if (typeof line?.hash !== 'string' || !isChargeOrNull(line.charge)) {
      throw new SnipError('bad-file', `${this.#file.path}, line ${number}: it is no answered request`, {
        remedy: 'Delete the file to ask all of it again.',
      })
    }
    if (typeof line.id === 'string') this.#id = line.id
    if (line.refused === true) this.#refusals.set(line.hash, this.refusalsOf(line.hash) + 1)
    if (line.charge !== null) this.meter.add(line.charge)
    if (line.reply === undefined) return
    if (line.charge !== null) this.meter.countCall()
    this.#places.set(line.hash, { offset, length: bytes.length })
  }
}

function isChargeOrNull(charge: unknown): charge is Charge | null {
  if (charge === null) return true
  if (typeof charge !== 'object') return false
  const { promptTokens, completionTokens, cost } = charge as Partial<Charge>
  return isAmount(promptTokens) && isAmount(completionTokens) && (cost === null || isAmount(cost))
}

/** Less than nothing would lift a cap. */
function isAmount(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}

/** A file full of nothing, which makes room when it goes. */
class Reserve {
  readonly #path: string

  constructor(path: string, bytes: number) {
    this.#path = path
    try {
      const descriptor = openSync(path, 'w', 0o600)
      try {
        const zeros = Buffer.alloc(64 * 1024)
        for (let done = 0; done < bytes; done += zeros.length) writeSync(descriptor, zeros, 0, zeros.length)
        fsyncSync(descriptor)
      } finally {
        closeSync(descriptor)
      }
    } catch (error) {
      this.release()
      throw fileError(error, path, 'write')
    }
  }

  release(): void {
    rmSync(this.#path, { force: true })
  }
}
