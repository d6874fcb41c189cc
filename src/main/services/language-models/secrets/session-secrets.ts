import type { SecretChange, SecretRead, SecretStore } from './secret-store.ts'

/** Keys in memory, as long as the program runs. */
export class SessionSecrets implements SecretStore {
  readonly #secrets = new Map<string, string>()

  async read(account: string): Promise<SecretRead> {
    const secret = this.#secrets.get(account)
    return secret === undefined ? { state: 'absent' } : { state: 'set', secret }
  }

  async write(account: string, secret: string): Promise<SecretChange> {
    this.#secrets.set(account, secret)
    return { state: 'done' }
  }

  async remove(account: string): Promise<SecretChange> {
    this.#secrets.delete(account)
    return { state: 'done' }
  }
}
