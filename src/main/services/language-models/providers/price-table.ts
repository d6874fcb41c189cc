import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { SnipError } from '../../../../contract/failure.ts'
import { priceSchema, type Price } from '../../../../contract/workbench/providers.ts'
import { makeFolder } from '../../../files/make-folder.ts'
import { readRegularFile } from '../../../files/read-regular.ts'
import { fileError, writeJsonAside } from '../../../files/write-aside.ts'
import type { ProviderAddress } from './provider-url.ts'

/** Published prices of api.openai.com in US dollars for a million tokens: they change, and the settings say so. */
const published: readonly (readonly [model: string, input: number, output: number])[] = [
  ['gpt-4o', 2.5, 10],
  ['gpt-4o-mini', 0.15, 0.6],
  ['gpt-4.1', 2, 8],
  ['gpt-4.1-mini', 0.4, 1.6],
  ['gpt-4.1-nano', 0.1, 0.4],
  ['gpt-4-turbo', 10, 30],
  ['gpt-3.5-turbo', 0.5, 1.5],
  ['gpt-3.5-turbo-instruct', 1.5, 2],
  ['text-embedding-3-small', 0.02, 0],
  ['text-embedding-3-large', 0.13, 0],
  ['text-embedding-ada-002', 0.1, 0],
]

/** The host whose prices are published above. */
const publishedHost = 'api.openai.com'

const mostPrices = 1000
const fileSchema = z.object({
  version: z.literal(1),
  prices: z.array(priceSchema.omit({ origin: true })).max(mostPrices),
})

/** What tokens cost, by model: a person's own prices before those that came with the program. */
export class PriceTable {
  readonly #folder: string
  #own: readonly Price[]

  constructor(folder: string) {
    this.#folder = folder
    this.#own = readOwn(join(folder, 'prices.json'))
  }

  list(): readonly Price[] {
    const own = new Set(this.#own.map(({ model }) => model))
    return [...this.#own, ...listed().filter(({ model }) => !own.has(model))].toSorted((a, b) =>
      a.model < b.model ? -1 : 1,
    )
  }

  set(price: Omit<Price, 'origin'>): readonly Price[] {
    const { model, inputPerMillion, outputPerMillion } = priceSchema.parse({ ...price, origin: 'own' })
    const others = this.#own.filter((one) => one.model !== model)
    if (others.length >= mostPrices) {
      throw new SnipError('bad-argument', `There are ${mostPrices} prices already`, { remedy: 'Remove one first.' })
    }
    return this.#write([...others, { model, inputPerMillion, outputPerMillion, origin: 'own' }])
  }

  remove(model: string): readonly Price[] {
    return this.#write(this.#own.filter((one) => one.model !== model))
  }

  /** What a model costs at a server: published prices hold for their own host only; one's own machine and network are free. */
  of(model: string, { host, local }: ProviderAddress): Price | null {
    const own = this.#own.find((one) => one.model === model)
    if (own) return own
    if (local) return { model, inputPerMillion: 0, outputPerMillion: 0, origin: 'list' }
    // Dated versions cost what their model costs: gpt-4o-mini-2024-07-18.
    const family = model.replace(/-\d{4}-\d{2}-\d{2}$/, '')
    return (host === publishedHost && listed().find((one) => one.model === family)) || null
  }

  #write(own: readonly Price[]): readonly Price[] {
    try {
      makeFolder(this.#folder)
    } catch (error) {
      throw fileError(error, this.#folder, 'write')
    }
    const prices = own.map(({ origin: _own, ...price }) => price)
    writeJsonAside(join(this.#folder, 'prices.json'), { version: 1, prices })
    this.#own = own
    return this.list()
  }
}

function listed(): Price[] {
  return published.map(([model, inputPerMillion, outputPerMillion]) => ({
    model,
    inputPerMillion,
    outputPerMillion,
    origin: 'list',
  }))
}

function readOwn(file: string): readonly Price[] {
  if (!existsSync(file)) return []
  try {
    const { prices } = fileSchema.parse(JSON.parse(readRegularFile(file).toString('utf8')))
    return prices.map((price) => ({ ...price, origin: 'own' }))
  } catch {
    // Prices that cannot be read are none: a cap in money then asks for one.
    return []
  }
}

/** What tokens cost, in US dollars; null without a price. */
export function costOf(price: Price | null, promptTokens: number, completionTokens: number): number | null {
  if (price === null) return null
  return (promptTokens * price.inputPerMillion + completionTokens * price.outputPerMillion) / 1e6
}
