import { closeSync, existsSync, openSync, readdirSync, writeSync } from 'node:fs'
import { createReadStream } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import {
  ledgerEntrySchema,
  type LedgerEntry,
  type LedgerPage,
  type LedgerTotal,
} from '../../../../contract/workbench/ledger.ts'
import { makeFolder } from '../../../files/make-folder.ts'
import { fileError } from '../../../files/write-aside.ts'
import type { Clock } from '../clock.ts'

/** What is known of a request before it leaves. */
export type LedgerStart = Pick<LedgerEntry, 'host' | 'purpose' | 'provider' | 'model' | 'endpoint'>
export type LedgerEnd = Pick<LedgerEntry, 'outcome' | 'promptTokens' | 'completionTokens' | 'cost' | 'milliseconds'>

const fileName = /^\d{4}-\d{2}\.jsonl$/

/**
 * Every request that leaves this machine, in a file for each month: one line before it leaves and one when it ends, so that none
 * is missing whatever happens. Holds no text and no key.
 */
export class Ledger {
  readonly #folder: string
  readonly #clock: Clock
  readonly #changed: () => void
  readonly #log: (line: string) => void
  #open: { readonly name: string; readonly descriptor: number } | null = null

  constructor(folder: string, clock: Clock, changed: () => void, log: (line: string) => void) {
    this.#folder = folder
    this.#clock = clock
    this.#changed = changed
    this.#log = log
  }

  /** Notes that a request is about to leave; returns its id. Throws `disk-full` and the like: then it must not. */
  begin(start: LedgerStart): string {
    const id = randomBytes(8).toString('hex')
    try {
      this.#append({ id, at: this.#clock.wallTime(), ...start })
    } catch (error) {
      throw fileError(error, this.#folder, 'write')
    }
    return id
  }

  end(id: string, end: LedgerEnd): void {
    try {
      this.#append({ id, ...end })
    } catch {
      this.#log('The end of a request could not be written into the ledger.')
    }
    this.#changed()
  }

  /** The newest entries and the sums of all. */
  async page(limit: number): Promise<LedgerPage> {
    const totals = new Map<string, LedgerTotal>()
    let newest: LedgerEntry[] = []
    let count = 0
    const damaged = await this.#read((entry) => {
      count++
      addTo(totals, entry)
      newest.push(entry)
      if (newest.length > 2 * limit + 1000) newest = newest.slice(-limit || newest.length)
    })
    const entries = newest.toSorted((a, b) => b.at - a.at).slice(0, limit)
    return { entries, count, totals: [...totals.values()].toSorted((a, b) => b.requests - a.requests), damaged }
  }

  async all(): Promise<LedgerEntry[]> {
    const entries: LedgerEntry[] = []
    await this.#read((entry) => void entries.push(entry))
    return entries.toSorted((a, b) => a.at - b.at)
  }

  /** Mean milliseconds of the last answers of a model; null where there are none. */
  async meanMilliseconds(host: string, model: string): Promise<number | null> {
    let last: number[] = []
    await this.#read((entry) => {
      if (entry.host !== host || entry.model !== model || entry.outcome !== 'answered' || entry.milliseconds === null)
        return
      last.push(entry.milliseconds)
      if (last.length > 400) last = last.slice(-200)
    })
    return last.length === 0 ? null : last.reduce((sum, ms) => sum + ms, 0) / last.length
  }

  close(): void {
    if (this.#open) closeSync(this.#open.descriptor)
    this.#open = null
  }

  #append(line: object): void {
    const name = `${new Date(this.#clock.wallTime()).toISOString().slice(0, 7)}.jsonl`
    if (this.#open?.name !== name) {
      this.close()
      makeFolder(this.#folder)
      this.#open = { name, descriptor: openSync(join(this.#folder, name), 'a', 0o600) }
    }
    // One write of a few hundred bytes at the end: lines of several processes do not mix.
    writeSync(this.#open.descriptor, `${JSON.stringify(line)}\n`)
  }

  /** Calls back with every entry, in the order of their ends; those without an end last. Returns how many lines are damaged. */
  async #read(take: (entry: LedgerEntry) => void): Promise<number> {
    if (!existsSync(this.#folder)) return 0
    const begun = new Map<string, Record<string, unknown>>()
    let damaged = 0
    for (const name of readdirSync(this.#folder)
      .filter((file) => fileName.test(file))
      .toSorted()) {
      const lines = createInterface({ input: createReadStream(join(this.#folder, name)), crlfDelay: Infinity })
      for await (const text of lines) {
        if (text === '') continue
        const line = parse(text)
        const id = line?.['id']
        if (line === null || typeof id !== 'string') damaged++
        else if (!('outcome' in line)) begun.set(id, line)
        else {
          const entry = ledgerEntrySchema.safeParse({ ...begun.get(id), ...line })
          begun.delete(id)
          if (entry.success) take(entry.data)
          else damaged++
        }
      }
    }
    for (const line of begun.values()) {
      const unknown = { outcome: 'no end', promptTokens: null, completionTokens: null, cost: null, milliseconds: null }
      const entry = ledgerEntrySchema.safeParse({ ...line, ...unknown })
      if (entry.success) take(entry.data)
      else damaged++
    }
    return damaged
  }
}

function addTo(totals: Map<string, LedgerTotal>, entry: LedgerEntry): void {
  const { host, provider, model, purpose } = entry
  const key = JSON.stringify([host, provider, model, purpose])
  const none = { requests: 0, answered: 0, promptTokens: 0, completionTokens: 0, cost: 0, unpriced: 0 }
  const total = totals.get(key) ?? { host, provider, model, purpose, ...none }
  totals.set(key, {
    ...total,
    requests: total.requests + 1,
    answered: total.answered + (entry.outcome === 'answered' ? 1 : 0),
    promptTokens: total.promptTokens + (entry.promptTokens ?? 0),
    completionTokens: total.completionTokens + (entry.completionTokens ?? 0),
    cost: total.cost + (entry.cost ?? 0),
    unpriced: total.unpriced + (entry.cost === null ? 1 : 0),
  })
}

function parse(text: string): Record<string, unknown> | null {
  try {
    const json: unknown = JSON.parse(text)
    return typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : null
  } catch {
    return null
  }
}
