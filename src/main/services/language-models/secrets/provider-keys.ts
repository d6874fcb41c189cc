import { SnipError } from '../../../../contract/failure.ts'
import type { KeyState, Provider } from '../../../../contract/workbench/providers.ts'
import { isTransient } from '../providers/provider-store.ts'
import { readProviderUrl } from '../providers/provider-url.ts'
import type { KeptAccounts } from './kept-accounts.ts'
import { isKey, type SecretRead, type SecretStore } from './secret-store.ts'
import { SessionSecrets } from './session-secrets.ts'

/** A key with where it was found; null where none is set, as many local servers need none. */
interface FoundKey {
  readonly read: SecretRead
  readonly where: 'keychain' | 'session' | 'environment' | null
}

/**
 * Keys of providers: from the environment where one is given, else from this session, else from the keychain. A key belongs to a
 * provider at one origin: with another address it is not there, and is not sent there.
 */
export class ProviderKeys {
  readonly #keychain: SecretStore
  readonly #session = new SessionSecrets()
  readonly #kept: KeptAccounts
  readonly #environment: Readonly<Record<string, string | undefined>>

  constructor(keychain: SecretStore, kept: KeptAccounts, environment: Readonly<Record<string, string | undefined>>) {
    this.#keychain = keychain
    this.#kept = kept
    this.#environment = environment
  }

  /** The key to send, or null for none. Throws `llm-key` for a keychain that is locked or holds garbage. */
  async secretOf(provider: Provider): Promise<string | null> {
    const { read } = await this.#find(provider)
    if (read.state === 'set') return read.secret
    if (read.state === 'absent' || read.state === 'unavailable') return null
    throw new SnipError('llm-key', `The key of ${provider.name} cannot be read. ${read.reason}`, {
      remedy: read.state === 'locked' ? 'Unlock the keychain and try again.' : 'Set the key again.',
    })
  }

  async stateOf(provider: Provider): Promise<KeyState> {
    const { read, where } = await this.#find(provider)
    switch (read.state) {
      case 'set':
        return {
          state: 'set',
          lastFour: read.secret.length < 12 ? null : read.secret.slice(-4),
          where,
          note: null,
        }
      case 'absent':
        return { state: 'absent', lastFour: null, where: null, note: null }
      case 'unavailable':
        return { state: 'absent', lastFour: null, where: null, note: read.reason }
      default:
        return { state: read.state, lastFour: null, where: 'keychain', note: read.reason }
    }
  }

  /** Keeps a key in the keychain, or in this session where there is none. Throws `bad-argument`, and `llm-key` when locked. */
  async set(provider: Provider, key: string): Promise<KeyState> {
    const secret = key.trim()
    if (!isKey(secret)) {
      throw new SnipError('bad-argument', 'That cannot be a key: keys are letters, digits and marks without spaces', {
        remedy: 'Copy the key once more.',
      })
    }
    const account = accountOf(provider)
    const change = await this.#keychain.write(account, secret)
    if (change.state === 'locked') {
      throw new SnipError('llm-key', `The key of ${provider.name} could not be kept. ${change.reason}`, {
        remedy: 'Unlock the keychain and try again.',
      })
    }
    if (change.state === 'unavailable') await this.#session.write(account, secret)
    else {
      await this.#session.remove(account)
      this.#kept.add(account)
    }
    return this.stateOf(provider)
  }

  async remove(provider: Provider): Promise<KeyState> {
    const account = accountOf(provider)
    await this.#session.remove(account)
    const change = await this.#keychain.remove(account)
    if (change.state === 'locked') {
      throw new SnipError('llm-key', `The key of ${provider.name} could not be removed. ${change.reason}`, {
        remedy: 'Unlock the keychain and try again.',
      })
    }
    this.#kept.remove(account)
    return this.stateOf(provider)
  }

  /** Whether a keychain answers on this machine, and why not. */
  async keychain(): Promise<{ available: boolean; note: string | null }> {
    const read = await this.#keychain.read('probe')
    if (read.state === 'unavailable') return { available: false, note: read.reason }
    return { available: true, note: read.state === 'locked' ? read.reason : null }
  }

  async #find(provider: Provider): Promise<FoundKey> {
    const given = this.#fromEnvironment(provider)
    if (given !== null) {
      if (isKey(given)) return { read: { state: 'set', secret: given }, where: 'environment' }
      return {
        read: { state: 'garbage', reason: 'The environment variable holds something that cannot be a key.' },
        where: 'environment',
      }
    }
    // Nobody can have set a key for a provider that only this process has.
    if (isTransient(provider)) return { read: { state: 'absent' }, where: null }
    const account = accountOf(provider)
    const session = await this.#session.read(account)
    if (session.state === 'set') return { read: session, where: 'session' }
    const read = await this.#keychain.read(account)
    if (read.state === 'absent' && this.#kept.has(account)) return { read: withheld, where: 'keychain' }
    return { read, where: 'keychain' }
  }

  /** SNIP_API_KEY for any provider; OPENAI_API_KEY, which other programs set too, for OpenAI's own host alone. */
  #fromEnvironment({ baseUrl }: Provider): string | null {
    const own = this.#environment['SNIP_API_KEY']
    if (own !== undefined && own !== '') return own
    const openai = this.#environment['OPENAI_API_KEY']
    return openai !== undefined && openai !== '' && new URL(baseUrl).origin === 'https://api.openai.com' ? openai : null
  }
}

const withheld: SecretRead = {
  state: 'locked',
  reason: 'The keychain does not give the key that was put into it: it is locked, or the key was removed elsewhere.',
}

function accountOf({ id, baseUrl }: Provider): string {
  return `${id} ${readProviderUrl(baseUrl, true).origin}`
}
