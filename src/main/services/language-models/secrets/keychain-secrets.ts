import { isKey, type SecretChange, type SecretRead, type SecretStore } from './secret-store.ts'

/** The part of the keychain's package that is used. */
export interface Keychain {
  getPassword(service: string, account: string): Promise<string | null>
  setPassword(service: string, account: string, password: string): Promise<void>
  deletePassword(service: string, account: string): Promise<boolean>
}

const service = 'snip-workbench'
/** A locked keychain may ask a person, or wait for somebody who is not there. */
const patienceMs = 20_000

/** The system's keychain: Keychain of macOS, Credential Manager of Windows, Secret Service of Linux. */
export class KeychainSecrets implements SecretStore {
  readonly #load: () => Promise<Keychain>
  readonly #patienceMs: number

  constructor(load: () => Promise<Keychain> = loadKeychain, patience = patienceMs) {
    this.#load = load
    this.#patienceMs = patience
  }

  async read(account: string): Promise<SecretRead> {
    const found = await this.#try((keychain) => keychain.getPassword(service, account))
    if ('failed' in found) return found.failed
    if (found.value === null) return { state: 'absent' }
    if (isKey(found.value)) return { state: 'set', secret: found.value }
    return { state: 'garbage', reason: 'The keychain holds something that cannot be a key.' }
  }

  async write(account: string, secret: string): Promise<SecretChange> {
    const done = await this.#try((keychain) => keychain.setPassword(service, account, secret))
    return 'failed' in done ? done.failed : { state: 'done' }
  }

  async remove(account: string): Promise<SecretChange> {
    const done = await this.#try((keychain) => keychain.deletePassword(service, account))
    return 'failed' in done ? done.failed : { state: 'done' }
  }

  async #try<T>(
    use: (keychain: Keychain) => Promise<T>,
  ): Promise<{ value: T } | { failed: { state: 'locked' | 'unavailable'; reason: string } }> {
    let keychain: Keychain
    try {
      keychain = await this.#load()
    } catch {
      return { failed: unavailable }
    }
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => resolve('late'), this.#patienceMs)
    })
    try {
      const used = use(keychain)
      used.catch(() => {})
      const first = await Promise.race([used.then((value) => ({ value })), late])
      return first === 'late' ? { failed: locked } : first
    } catch (error) {
      // Words of the system, which may hold anything, are only looked at.
      const message = error instanceof Error ? error.message : String(error)
      return { failed: isMissing(message) ? unavailable : locked }
    } finally {
      clearTimeout(timer)
    }
  }
}

const locked = {
  state: 'locked',
  reason: 'The keychain is locked and did not open.',
} as const
const unavailable = {
  state: 'unavailable',
  reason: 'There is no keychain on this machine; keys last as long as the program runs.',
} as const

function isMissing(message: string): boolean {
  return /D-?Bus|autolaunch|ServiceUnknown|was not provided by any|not activatable|No such (?:file|interface|secret coll)|Cannot spawn|org\.freedesktop\.secrets/i.test(
    message,
  )
}

async function loadKeychain(): Promise<Keychain> {
  const loaded = (await import('keytar')) as unknown as { default?: Keychain } & Keychain
  return loaded.default ?? loaded
}
