import { encodeBulk } from '../client/bulk.ts'
import { createImageSet } from '../images/image-set.ts'
import { classifyImages } from '../operations/classify.ts'
import { clozeLosses, layoutQuestions } from '../operations/cloze.ts'
import { makeCorpus, type Shelf } from '../operations/corpora.ts'
import { corpusLosses } from '../operations/losses.ts'
import { maskedCorpusLosses } from '../operations/masked-losses.ts'
import { betweenBatches } from '../operations/steps.ts'
import type { Host, Shelved } from './host.ts'

/** What is kept under a handle to be measured, and its measures. */
export function measureHandlers(host: Host, models: Shelf<Shelved>) {
  return {
    corpus: host.corpus.handler(async ({ input, signal }) => {
      const { model, corpora } = models.get(input.handle)
      const table = await makeCorpus(model, input, signal)
      const { before, after } = model.tokenizer.template
      const frame = before.length + after.length
      return { corpus: corpora.add(table), windows: table.count, tokens: table.tokensUsed, frame }
    }),

    closeCorpus: host.closeCorpus.handler(({ input }) => {
      models.get(input.handle).corpora.drop(input.corpus)
      return null
    }),

    losses: host.losses.handler(async function* ({ input, signal }) {
      const { model, corpora } = models.get(input.handle)
      const corpus = corpora.get(input.corpus)
      const { losses, ranks } = yield* corpusLosses(model, corpus, input.plan, input.ranks, signal)
      yield { kind: 'done', losses: encodeBulk(losses), ranks: ranks && encodeBulk(ranks) }
    }),

    maskedLosses: host.maskedLosses.handler(async function* ({ input, signal }) {
      const { model, corpora } = models.get(input.handle)
      const { losses, ranks } = yield* maskedCorpusLosses(model, corpora.get(input.corpus), input.plan, input, signal)
      yield { kind: 'done', losses: encodeBulk(losses), ranks: encodeBulk(ranks) }
    }),

    imageSet: host.imageSet.handler(({ input }) => {
      const { model, imageSets } = models.get(input.handle)
      return { set: imageSets.add(createImageSet(model)) }
    }),

    addImages: host.addImages.handler(async ({ input, signal }) => {
      const set = models.get(input.handle).imageSets.get(input.set)
      const refused: { index: number; reason: string }[] = []
      for (const [index, { bytes }] of input.images.entries()) {
        await betweenBatches(signal)
        const reason = set.add(Buffer.from(bytes, 'base64'))
        if (reason !== null) refused.push({ index, reason })
      }
      return { images: set.count, refused }
    }),

    classify: host.classify.handler(async function* ({ input, signal }) {
      const { model, imageSets } = models.get(input.handle)
      const logits = yield* classifyImages(model, imageSets.get(input.set), input.plan, signal)
      yield { kind: 'done', logits: encodeBulk(logits) }
    }),

    closeImageSet: host.closeImageSet.handler(({ input }) => {
      models.get(input.handle).imageSets.drop(input.set)
      return null
    }),

    clozeSet: host.clozeSet.handler(async ({ input, signal }) => {
      const { model, clozeSets } = models.get(input.handle)
      const layouts = await layoutQuestions(model, input.questions, signal)
      const set = clozeSets.add(layouts.flatMap((layout) => (layout.ok ? [layout.task] : [])))
      const tasks = layouts.map((layout) => {
        if (!layout.ok) return layout
        const { prefix, branches, cutTokens } = layout.task
        const plain = branches.map((branch) => ({ ...branch, ids: Array.from(branch.ids) }))
        return { ok: true as const, task: { prefix: Array.from(prefix), branches: plain, cutTokens } }
      })
      return { set, tasks }
    }),

    closeClozeSet: host.closeClozeSet.handler(({ input }) => {
      models.get(input.handle).clozeSets.drop(input.set)
      return null
    }),

    clozeLosses: host.clozeLosses.handler(async function* ({ input, signal }) {
      const { model, clozeSets } = models.get(input.handle)
      const answers = yield* clozeLosses(model, clozeSets.get(input.set), input.plan, signal)
      const questions = answers.map((answer) => ({
        ...answer,
        branches: answer.branches.map((branch) => Array.from(branch)),
      }))
      yield { kind: 'done', questions }
    }),
  }
}
