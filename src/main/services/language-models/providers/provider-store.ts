import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { SnipError } from '../../../../contract/failure.ts'
import {
  providerDraftSchema,
  providerSchema,
  type Capabilities,
  type Provider,
  type ProviderDraft,
} from '../../../../contract/workbench/providers.ts'
import { makeFolder } from '../../../files/make-folder.ts'
import { readRegularFile } from '../../../files/read-regular.ts'
import { fileError, writeJsonAside } from '../../../files/write-aside.ts'
import { isLocalModel, localCapabilities } from '../local/local-provider.ts'
import { readProviderUrl } from './provider-url.ts'

const mostProviders = 100
const fileSchema = z.object({ version: z.literal(1), providers: z.array(z.unknown()).max(mostProviders) })

const untried: Capabilities = { logprobs: null, echo: null, embeddingDimensions: null, testedAt: null }

/** The providers of all workspaces, in providers.json of the data folder, and those of this process alone. No secrets. */
export class ProviderStore {
  readonly #folder: string
  readonly #transient = new Map<string, Provider>()
  #kept: readonly Provider[]
  #warning: string | null = null

  constructor(folder: string) {
    this.#folder = folder
    this.#kept = this.#read()
  }

  get warning(): string | null {
    return this.#warning
  }

  list(): readonly Provider[] {
    return [...this.#kept, ...this.#transient.values()]
  }

  /** Throws `not-found`. */
  get(id: string): Provider {
    const provider = this.list().find((one) => one.id === id)
    if (provider) return provider
    throw new SnipError('not-found', `There is no provider '${id}'`, { remedy: 'Choose one of those in the settings.' })
  }

  /** What a server can do is forgotten where its address or models change. Throws `bad-argument`, `not-found`, `disk-full`. */
  save(draft: ProviderDraft & { readonly id: string | null }): Provider {
    const before = draft.id === null ? null : this.get(draft.id)
    // A caller that says nothing of the context leaves it as it was, unless another model has another.
    const isSaid = draft.contextTokens !== undefined || before?.chatModel !== draft.chatModel
    const checked = checkDraft(isSaid ? draft : { ...draft, contextTokens: before.contextTokens })
    const same =
      before !== null &&
      before.baseUrl === checked.baseUrl &&
      before.chatModel === checked.chatModel &&
      before.embeddingModel === checked.embeddingModel
    const provider: Provider = {
      ...checked,
      id: before?.id ?? randomBytes(8).toString('hex'),
      capabilities: same ? before.capabilities : atFirst(checked),
    }
    this.#put(provider, before)
    return provider
  }

  keepCapabilities(id: string, capabilities: Capabilities): void {
    const provider = this.get(id)
    this.#put({ ...provider, capabilities }, provider)
  }

  remove(id: string): void {
    this.get(id)
    if (!this.#transient.delete(id)) this.#write(this.#kept.filter((one) => one.id !== id))
  }

  addTransient(draft: ProviderDraft): Provider {
    const provider = {
      ...checkDraft(draft),
      id: `${transientMark}${randomBytes(8).toString('hex')}`,
      capabilities: atFirst(draft),
    }
    this.#transient.set(provider.id, provider)
    return provider
  }

  #put(provider: Provider, before: Provider | null): void {
    if (this.#transient.has(provider.id)) return void this.#transient.set(provider.id, provider)
    if (before !== null) return this.#write(this.#kept.map((one) => (one.id === provider.id ? provider : one)))
    if (this.#kept.length >= mostProviders) {
      throw new SnipError('bad-argument', `There are ${mostProviders} providers already`, {
        remedy: 'Remove one first.',
      })
    }
    this.#write([...this.#kept, provider])
  }

  #write(providers: readonly Provider[]): void {
    try {
      makeFolder(this.#folder)
    } catch (error) {
      throw fileError(error, this.#folder, 'write')
    }
    writeJsonAside(join(this.#folder, 'providers.json'), { version: 1, providers })
    this.#kept = providers
    this.#warning = null
  }

  #read(): readonly Provider[] {
    const file = join(this.#folder, 'providers.json')
    if (!existsSync(file)) return []
    try {
      const { providers } = fileSchema.parse(JSON.parse(readRegularFile(file).toString('utf8')))
      const kept = providers.flatMap((json) => {
        const read = providerSchema.safeParse(json)
        return read.success && isAddress(read.data) ? [read.data] : []
      })
      if (kept.length < providers.length) {
        this.#warning = `${providers.length - kept.length} of the providers could not be read and are left out.`
      }
      return kept
    } catch {
      this.#warning = 'The list of providers could not be read; it is replaced at the next change.'
      return []
    }
  }
}

function checkDraft(draft: ProviderDraft): ProviderDraft {
  const read = providerDraftSchema.safeParse(draft)
  if (!read.success) {
    const wrong = read.error.issues[0]?.path.join('.') ?? ''
    throw new SnipError('bad-argument', `The provider's ${wrong || 'description'} cannot be used`, {
      remedy: 'Mend it.',
    })
  }
  const { name, baseUrl, chatModel, embeddingModel, concurrency, plainHttpAllowed, contextTokens = null } = read.data
  if (isLocalModel(read.data)) return { ...read.data, embeddingModel: null, concurrency: 1 }
  const address = readProviderUrl(baseUrl, plainHttpAllowed)
  const context = contextTokens === null ? {} : { contextTokens }
  return { name, baseUrl: address.baseUrl, chatModel, embeddingModel, concurrency, plainHttpAllowed, ...context }
}

/** Of a server nothing is known before it was asked. */
function atFirst(draft: ProviderDraft): Capabilities {
  return isLocalModel(draft) ? localCapabilities : untried
}

function isAddress({ baseUrl, plainHttpAllowed }: Provider): boolean {
  if (isLocalModel({ baseUrl })) return true
  try {
    return readProviderUrl(baseUrl, plainHttpAllowed).baseUrl === baseUrl
  } catch {
    return false
  }
}

const transientMark = 'once-'

/** Whether a provider is gone when the program ends. */
export function isTransient({ id }: Pick<Provider, 'id'>): boolean {
  return id.startsWith(transientMark)
}
