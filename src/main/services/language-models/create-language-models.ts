import { SnipError } from '../../../contract/failure.ts'
import type { Clock } from './clock.ts'
import type { LanguageModels } from './language-models.ts'
import type { SecretStore } from './secrets/secret-store.ts'

export interface LanguageModelsOptions {
  /** Where providers.json, prices.json and the ledger lie. */
  readonly dataFolder: string
  /** Where answers and vectors are kept for all workspaces. */
  readonly cacheFolder: string
  /** Whether nothing may be sent, asked before every request. */
  readonly offline: () => boolean
  /** Keys in environment variables, as the command line takes them; none when left out. */
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** Where keys are kept; the system's keychain when left out. */
  readonly secrets?: SecretStore
  readonly log?: (line: string) => void
  /** Hears what changed. */
  readonly changed?: (topic: 'providers' | 'ledger') => void
  readonly clock?: Clock
  /** How requests leave; the system's fetch when left out. */
  readonly fetch?: typeof fetch
  /** Most attempts at one request, longest silence before an answer begins and within it, in milliseconds. */
  readonly patience?: { readonly attempts?: number; readonly answerMs?: number; readonly silenceMs?: number }
}

export function createLanguageModels(_options: LanguageModelsOptions): LanguageModels {
  throw new SnipError('internal', 'Language models are not put together yet')
}
