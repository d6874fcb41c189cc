import { closeSync, constants, existsSync, fsyncSync, ftruncateSync, openSync, writeSync } from 'node:fs'
import { basename } from 'node:path'
import { SnipError } from '../../../contract/failure.ts'
import { readRegularFile } from '../../files/read-regular.ts'
import { fileError } from '../../files/write-aside.ts'

const unitsPerSync = 64

export interface UnitLogOptions {
  /** Throws unless a line's JSON is a unit. */
  readonly check: (json: unknown) => void
  /** Line 1, which says whose units follow; a log with another one is refused. */
  readonly header?: unknown
  readonly sync?: (descriptor: number) => void
}

/**
 * An append-only file of finished units, one JSON value a line. Each unit is handed to the system at once, so kill -9
 * loses none; the disk is synced every 64 units and at the end. A torn last line is cut off when the log is opened.
 */
export class UnitLog<T> {
  readonly path: string
  readonly #units: T[] = []
  readonly #descriptor: number
  readonly #sync: (descriptor: number) => void
  #size: number
  #unsynced = 0

  private constructor(path: string, descriptor: number, size: number, sync: (descriptor: number) => void) {
    this.path = path
    this.#descriptor = descriptor
    this.#size = size
    this.#sync = sync
  }

  /** Opens or creates a log. Throws `exists` for a log with another header and `bad-file` for a damaged one. */
  static open<T>(path: string, options: UnitLogOptions): UnitLog<T> {
    const { values, size } = readWholeLines(path)
    if (options.header !== undefined && values.length > 0) refuseOtherHeader(path, values.shift(), options.header)
    values.forEach((value, at) => checkUnit(value, options, path, at + 1))

    let descriptor: number
    try {
      descriptor = openSync(path, constants.O_RDWR | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0), 0o666)
      ftruncateSync(descriptor, size)
    } catch (error) {
      throw fileError(error, path, 'write')
    }
    const log = new UnitLog<T>(path, descriptor, size, options.sync ?? fsyncSync)
    // As they were written, not as a schema puts them together again: units that are written once more keep their bytes.
    for (const value of values) log.#units.push(value as T)
    if (options.header !== undefined && size === 0) log.#write(options.header)
    return log
  }

  /** Every finished unit, in the order of finishing. */
  get units(): readonly T[] {
    return this.#units
  }

  append(unit: T): void {
    this.#write(unit)
    this.#units.push(unit)
    this.#unsynced++
    if (this.#unsynced >= unitsPerSync) this.flush()
  }

  /** Makes what was appended lasting. */
  flush(): void {
    this.#sync(this.#descriptor)
    this.#unsynced = 0
  }

  close(): void {
    try {
      this.flush()
    } finally {
      closeSync(this.#descriptor)
    }
  }

  #write(value: unknown): void {
    const bytes = Buffer.from(`${JSON.stringify(value)}\n`, 'utf8')
    let done = 0
    try {
      while (done < bytes.length) {
        done += writeSync(this.#descriptor, bytes, done, bytes.length - done, this.#size + done)
      }
    } catch (error) {
      ftruncateSync(this.#descriptor, this.#size)
      throw fileError(error, this.path, 'write')
    }
    this.#size += bytes.length
  }
}

/** The values of all lines that end, and how many bytes these take. Line by line: a log may be longer than a string can be. */
function readWholeLines(path: string): { values: unknown[]; size: number } {
  const values: unknown[] = []
  let size = 0
  if (!existsSync(path)) return { values, size }
  let bytes: Buffer
  try {
    bytes = readRegularFile(path)
  } catch (error) {
    throw fileError(error, path, 'read')
  }
  for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, size)) {
    values.push(parseLine(bytes.toString('utf8', size, end), path, values.length + 1))
    size = end + 1
  }
  return { values, size }
}

function parseLine(line: string, path: string, number: number): unknown {
  try {
    return JSON.parse(line)
  } catch {
    throw damaged(path, number, 'it is not JSON')
  }
}

function checkUnit(value: unknown, options: UnitLogOptions, path: string, at: number): void {
  try {
    options.check(value)
  } catch {
    throw damaged(path, options.header === undefined ? at : at + 1, 'it is no finished unit of this job')
  }
}

function damaged(path: string, line: number, why: string): SnipError {
  return new SnipError('bad-file', `${basename(path)}, line ${line}: ${why}`, {
    remedy: `Delete ${path} and run the command again.`,
  })
}

function refuseOtherHeader(path: string, there: unknown, here: unknown): void {
  if (JSON.stringify(there) === JSON.stringify(here)) return
  throw new SnipError('exists', `${path} holds the unfinished work of another job`, {
    remedy: 'Finish that job with its own settings, or delete the file.',
  })
}
