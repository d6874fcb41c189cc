import { createRequire } from 'node:module'
import { encodeBulk } from '../client/bulk.ts'
import { modelFacts, openModel } from '../model/open-model.ts'
import { Shelf } from '../operations/corpora.ts'
import { modelHash } from '../operations/model-hash.ts'
import { readablePieces } from '../operations/readable-pieces.ts'
import { checkTokenCount, tokenLengths } from '../operations/token-lengths.ts'
import { allProviders, tryProvider } from '../sessions/providers.ts'
import type { Host, Shelved } from './host.ts'

/** Opening models, and their tokens. */
export function modelHandlers(host: Host, models: Shelf<Shelved>, arena: boolean) {
  return {
    probe: host.probe.handler(async () => {
      const providers = []
      for (const provider of allProviders) {
        const reason = await tryProvider(provider)
        providers.push({ provider, works: reason === null, reason })
      }
      const version = (createRequire(import.meta.url)('onnxruntime-node/package.json') as { version: string }).version
      return { pid: process.pid, node: process.version, onnxRuntime: version, providers }
    }),

    open: host.open.handler(async ({ input }) => {
      const model = await openModel({ ...input, arena })
      const handle = models.add({
        model,
        corpora: new Shelf('corpus'),
        clozeSets: new Shelf('cloze set'),
        imageSets: new Shelf('image set'),
      })
      return modelFacts(model, handle)
    }),

    close: host.close.handler(async ({ input }) => {
      await models.remove(input.handle).model.sessions.release()
      return null
    }),

    hash: host.hash.handler(async ({ input, signal }) => ({
      modelHash: await modelHash(models.get(input.handle).model, signal),
    })),

    encode: host.encode.handler(({ input }) => {
      const { tokenizer } = models.get(input.handle).model
      if (input.most !== undefined) checkTokenCount(tokenizer, input.text, input.most)
      return tokenizer.encodeWithSpans(input.text, { specialTokens: input.specialTokens })
    }),

    decode: host.decode.handler(({ input }) => {
      const { tokenizer } = models.get(input.handle).model
      const text = tokenizer.decode(input.ids, { skipSpecialTokens: input.skipSpecialTokens })
      return { text, pieces: input.ids.map((id) => tokenizer.tokenText(id)) }
    }),

    pieces: host.pieces.handler(({ input }) => {
      const { tokenizer } = models.get(input.handle).model
      return { pieces: input.windows.map((ids) => readablePieces(tokenizer, ids)) }
    }),

    tokenLengths: host.tokenLengths.handler(async ({ input, signal }) => ({
      lengths: encodeBulk(await tokenLengths(models.get(input.handle).model, input.texts, signal)),
    })),
  }
}
