import { SnipError } from '../../../../contract/failure.ts'
import type { ProviderView } from '../../../../contract/workbench/providers.ts'
import type { Models } from '../../models/models.ts'
import type { LanguageModels } from '../language-models.ts'
import { localModelDraft, localModelOf } from './local-provider.ts'
import { LocalRequests } from './local-requests.ts'

/**
 * Adds the language model in a folder or .onnx file after it was opened and a chat was written for it. Throws `bad-model` without a model,
 * a tokenizer or a chat template, `unsupported-model` for one that does not continue texts, `out-of-memory`, and `exists` for one that is
 * on the list.
 */
export async function admitLocalModel(
  models: Models,
  languageModels: LanguageModels,
  { path, name }: { readonly path: string; readonly name: string | null },
  signal: AbortSignal,
): Promise<ProviderView> {
  const draft = localModelDraft(path, name)
  const known = languageModels.known().find(({ baseUrl }) => baseUrl === draft.baseUrl)
  if (known) {
    throw new SnipError('exists', `${draft.chatModel} is on the list already, as ${known.name}`, {
      remedy: 'Use that one, or choose another folder.',
    })
  }
  const requests = new LocalRequests(models, localModelOf(draft))
  await requests.prepare(signal)
  const messages = [{ role: 'user', content: 'Hello' }] as const
  const chat = { messages, maxTokens: 1, temperature: 0, topP: 1, seed: 0, topLogprobs: null }
  await requests.count({ kind: 'chat', request: chat }, signal)
  return languageModels.save({ ...draft, id: null })
}
