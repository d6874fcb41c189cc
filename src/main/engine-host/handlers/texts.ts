import { encodeBulk } from '../client/bulk.ts'
import { chatFormat, chatPrompt } from '../operations/chat-prompt.ts'
import type { Shelf } from '../operations/corpora.ts'
import { generate } from '../operations/generate.ts'
import { integersOfText } from '../operations/integers-of-text.ts'
import { sequenceLogprobs } from '../operations/logits.ts'
import type { Host, Shelved } from './host.ts'

/** What a model expects of a text, and what it writes. */
export function textHandlers(host: Host, models: Shelf<Shelved>) {
  return {
    logprobs: host.logprobs.handler(async ({ input }) => {
      const { logprobs, lastLogits } = await sequenceLogprobs(models.get(input.handle).model, input.ids, input.plan)
      return { logprobs, lastLogits: encodeBulk(lastLogits) }
    }),

    chatFormat: host.chatFormat.handler(({ input }) => {
      const { template, stopIds, key } = chatFormat(models.get(input.handle).model)
      return { hasTemplate: template !== null, stopIds: [...stopIds], key }
    }),

    chatPrompt: host.chatPrompt.handler(({ input }) => ({
      ids: chatPrompt(models.get(input.handle).model, input.messages),
    })),

    integersAfterTabs: host.integersAfterTabs.handler(async ({ input, signal }) => {
      const { logprobs, ...rest } = await integersOfText(models.get(input.handle).model, input.text, signal)
      return { ...rest, logprobs: encodeBulk(logprobs) }
    }),

    generate: host.generate.handler(async function* ({ input, signal }) {
      const { model } = models.get(input.handle)
      const { ids, text } = yield* generate(model, input.ids, input.plan, input.settings, signal)
      yield { kind: 'done', ids, text }
    }),
  }
}
