import type { Provider } from '../../../contract/workbench/providers.ts'
import { isLocalModel } from './local/local-provider.ts'
import { readProviderUrl } from './providers/provider-url.ts'

/** What leaves this computer, to whom and how often at most, before it does. Null for a model that runs here: nothing leaves. */
export function leavingWords(
  provider: Pick<Provider, 'baseUrl' | 'chatModel'>,
  what: string,
  mostQuestions: number,
): string | null {
  if (isLocalModel(provider)) return null
  const { host } = readProviderUrl(provider.baseUrl, true)
  const times = mostQuestions === 1 ? '1 question' : `at most ${mostQuestions.toLocaleString('en-US')} questions`
  return `${what} go to ${host}, model ${provider.chatModel}, in ${times}`
}

/** The same of sentences that a server turns into vectors. */
export function leavingTexts({ baseUrl, embeddingModel }: Pick<Provider, 'baseUrl' | 'embeddingModel'>, count: number) {
  const { host } = readProviderUrl(baseUrl, true)
  const texts = count === 1 ? 'The text of 1 concept goes' : `The texts of ${count.toLocaleString('en-US')} concepts go`
  return `${texts} to ${host}, embedding model ${embeddingModel}`
}
