import type { Provider } from '../../../contract/workbench/providers.ts'
import { isLocalModel } from './local/local-provider.ts'
import { readProviderUrl } from './providers/provider-url.ts'

/** What names a provider's chat model as an author of sentences: host and model, or `local` and the name of its folder. */
export function chatModelIdOf(provider: Pick<Provider, 'baseUrl' | 'chatModel'>): string {
  const host = isLocalModel(provider) ? 'local' : readProviderUrl(provider.baseUrl, true).host
  return `${host}/${provider.chatModel}`
}
