import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { makeFolder } from '../../../files/make-folder.ts'
import { readRegularFile } from '../../../files/read-regular.ts'
import { writeJsonAside } from '../../../files/write-aside.ts'

const fileSchema = z.object({ version: z.literal(1), accounts: z.array(z.string().max(3000)).max(10_000) })

/**
 * For which accounts a key was put into the keychain, in keys.json of the data folder; no key. A locked keychain of Linux gives no
 * error but nothing: only who knows that there was a key can tell that from none.
 */
export class KeptAccounts {
  readonly #folder: string
  #accounts: ReadonlySet<string>

  constructor(folder: string) {
    this.#folder = folder
    this.#accounts = read(join(folder, 'keys.json'))
  }

  has(account: string): boolean {
    return this.#accounts.has(account)
  }

  add(account: string): void {
    if (!this.has(account)) this.#write(new Set([...this.#accounts, account]))
  }

  remove(account: string): void {
    if (this.has(account)) this.#write(new Set([...this.#accounts].filter((one) => one !== account)))
  }

  #write(accounts: ReadonlySet<string>): void {
    this.#accounts = accounts
    try {
      makeFolder(this.#folder)
      writeJsonAside(join(this.#folder, 'keys.json'), { version: 1, accounts: [...accounts] })
    } catch {
      // Then a locked keychain looks like one without a key.
    }
  }
}

function read(file: string): ReadonlySet<string> {
  if (!existsSync(file)) return new Set()
  try {
    return new Set(fileSchema.parse(JSON.parse(readRegularFile(file).toString('utf8'))).accounts)
  } catch {
    return new Set()
  }
}
