import { createRequire } from 'node:module'
import { implement, ORPCError } from '@orpc/server'
import { engineHostContract } from '../../contract/engine-host.ts'
import { SnipError, toSnipError } from '../../contract/failure.ts'
import { parseNeuron } from '../../contract/neuron.ts'
import type { ClozeTask } from '../../core/metrics/cloze-layout.ts'
import type { WindowTable } from '../../core/recording/windows.ts'
import { decodeFloat32, encodeBulk } from './client/bulk.ts'
import { guardStream } from './client/guard-stream.ts'
import { modelFacts, openModel, type OpenModel } from './model/open-model.ts'
import { windowActivations } from './operations/activations.ts'
import { createImageSet, type ImageSet } from './images/image-set.ts'
import { chatFormat, chatPrompt } from './operations/chat-prompt.ts'
import { classifyImages } from './operations/classify.ts'
import { clozeLosses, layoutQuestions } from './operations/cloze.ts'
import { makeCorpus, Shelf } from './operations/corpora.ts'
import { embedSentences } from './operations/embed-sentences.ts'
import { embedTexts } from './operations/embed.ts'
import { streamEvidence } from './operations/evidence.ts'
import { exportModel, exportSizes } from './operations/export-file.ts'
import { generate } from './operations/generate.ts'
import { integersOfText } from './operations/integers-of-text.ts'
import { sequenceLogprobs } from './operations/logits.ts'
import { corpusLosses } from './operations/losses.ts'
import { maskedCorpusLosses } from './operations/masked-losses.ts'
import { modelHash } from './operations/model-hash.ts'
import { peakActivations } from './operations/peak-activations.ts'
import { promotedTokens } from './operations/promoted-tokens.ts'
import { readablePieces } from './operations/readable-pieces.ts'
import { defaultCheckpointPauseMs, imageWindows, recordCorpus } from './operations/record.ts'
import { SentenceShelf } from './operations/sentence-model.ts'
import { SimilarityDesk } from './operations/similarity.ts'
import { simulateSentence } from './operations/simulate.ts'
import { betweenBatches } from './operations/steps.ts'
import { checkTokenCount, tokenLengths } from './operations/token-lengths.ts'
import { allProviders, tryProvider } from './sessions/providers.ts'

/** A model that callers know by its handle, with the corpora and cloze sets made for it. */
interface Shelved {
  readonly model: OpenModel
  readonly corpora: Shelf<WindowTable>
  readonly clozeSets: Shelf<readonly ClozeTask[]>
  readonly imageSets: Shelf<ImageSet>
}

export interface EngineHostOptions {
  /** Milliseconds from one checkpoint of a recording to the next, by what the last one took. */
  readonly checkpointPauseMs?: (costMs: number) => number
  /** Whether ONNX Runtime may keep memory in an arena. */
  readonly arena?: boolean
}

/** Implements the engine host's contract. Every error leaves as a failure with a kind. */
export function createEngineHostRouter({
  checkpointPauseMs = defaultCheckpointPauseMs,
  arena = true,
}: EngineHostOptions = {}) {
  const models = new Shelf<Shelved>('model')
  const sentences = new SentenceShelf(arena)
  const similarities = new SimilarityDesk()
  const host = implement(engineHostContract).use(async ({ next, errors }) => {
    const asFailure = (error: unknown) => {
      if (error instanceof ORPCError && !(error.cause instanceof SnipError)) return error
      const failure = toSnipError(error).toFailure()
      return errors.FAILURE({ message: failure.message, data: failure })
    }
    try {
      const result = await next()
      return { ...result, output: guardStream(result.output, asFailure) }
    } catch (error) {
      throw asFailure(error)
    }
  })

  return host.router({
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

    record: host.record.handler(async function* ({ input, signal }) {
      const { model, corpora, imageSets } = models.get(input.handle)
      const images = model.layout?.image ? imageSets.get(input.corpus) : null
      const corpus = images ? imageWindows(model, images.count) : corpora.get(input.corpus)
      const { directory, sites, seed } = input
      const summary = yield* recordCorpus(
        model,
        corpus,
        directory,
        sites,
        seed,
        signal,
        checkpointPauseMs,
        images ? (start, end) => images.feeds(start, end) : undefined,
      )
      yield { kind: 'done', ...summary }
    }),

    activations: host.activations.handler(async ({ input, signal }) => {
      const neurons = input.neurons.map((id) => parseNeuron(id)!)
      const chosen = await windowActivations(models.get(input.handle).model, input.windows, neurons, signal)
      return { activations: chosen.map((windows) => windows.map((values) => Array.from(values))) }
    }),

    peaks: host.peaks.handler(async ({ input, signal }) => {
      const { model } = models.get(input.handle)
      const { maxima, tokens } = await peakActivations(model, input.windows, input.sites, signal)
      return { maxima: encodeBulk(maxima), tokens: encodeBulk(tokens) }
    }),

    promotedTokens: host.promotedTokens.handler(({ input, signal }) =>
      promotedTokens(models.get(input.handle).model, parseNeuron(input.neuron)!, input.count, signal),
    ),

    simulate: host.simulate.handler(async ({ input, signal }) => ({
      levels: await simulateSentence(models.get(input.handle).model, input.text, input.windows, signal),
    })),

    explainers: host.explainers.handler(async () => {
      const { explainers } = await import('../../core/concepts/explainers/index.ts')
      return Object.values(explainers).map(({ id, name, citation }) => ({ id, name, citation }))
    }),

    extractors: host.extractors.handler(async () => {
      const { extractors } = await import('../../core/concepts/extractors/index.ts')
      return Object.values(extractors).map(({ id, name, citation }) => ({ id, name, citation }))
    }),

    extract: host.extract.handler(async ({ input }) => {
      const { extractConcepts } = await import('./operations/extract.ts')
      return { concepts: extractConcepts(input) }
    }),

    explain: host.explain.handler(async function* ({ input, signal }) {
      // Its word lists take as long to load as all the rest: only when they are needed.
      const { explainNeurons } = await import('./operations/explain.ts')
      yield* explainNeurons(models.get(input.handle).model, input, signal)
    }),

    evidence: host.evidence.handler(async function* ({ input, signal }) {
      yield* streamEvidence(models.get(input.handle).model, input, signal)
    }),

    embed: host.embed.handler(async ({ input, signal }) => {
      const { dimensions, vectors } = await embedTexts(models.get(input.handle).model, input, signal)
      return { dimensions, vectors: encodeBulk(vectors) }
    }),

    sentenceModel: host.sentenceModel.handler(async ({ input }) => {
      const { id, name, pooling, normalised } = await sentences.open(input.folder)
      return { id, name, pooling, normalised }
    }),

    embedSentences: host.embedSentences.handler(async ({ input, signal }) => {
      const { dimensions, vectors } = await embedSentences(await sentences.open(input.folder), input.texts, signal)
      return { dimensions, vectors: encodeBulk(vectors) }
    }),

    similarity: host.similarity.handler(async ({ input, signal }) => {
      const columns = decodeFloat32(input.columns)
      const { scores, ...zero } = await similarities.greatest({ ...input, columns }, signal)
      return { scores: encodeBulk(scores), ...zero }
    }),

    exportSizes: host.exportSizes.handler(({ input }) => ({
      files: exportSizes(models.get(input.handle).model, input),
    })),

    exportModel: host.exportModel.handler(async function* ({ input, signal }) {
      const done = yield* exportModel(models.get(input.handle).model, input, signal)
      yield { kind: 'done', ...done }
    }),
  })
}
