import { parseNeuron } from '../../../contract/neuron.ts'
import { encodeBulk } from '../client/bulk.ts'
import { windowActivations } from '../operations/activations.ts'
import type { Shelf } from '../operations/corpora.ts'
import { streamEvidence } from '../operations/evidence.ts'
import { peakActivations } from '../operations/peak-activations.ts'
import { promotedTokens } from '../operations/promoted-tokens.ts'
import { imageWindows, recordCorpus } from '../operations/record.ts'
import { simulateSentence } from '../operations/simulate.ts'
import type { Host, Shelved } from './host.ts'

/** Neurons: recording them, looking at them, and naming what they do. */
export function neuronHandlers(host: Host, models: Shelf<Shelved>, checkpointPauseMs: (costMs: number) => number) {
  return {
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
      const { explainers } = await import('../../../core/concepts/explainers/index.ts')
      return Object.values(explainers).map(({ id, name, citation }) => ({ id, name, citation }))
    }),

    extractors: host.extractors.handler(async () => {
      const { extractors } = await import('../../../core/concepts/extractors/index.ts')
      return Object.values(extractors).map(({ id, name, citation }) => ({ id, name, citation }))
    }),

    extract: host.extract.handler(async ({ input }) => {
      const { extractConcepts } = await import('../operations/extract.ts')
      return { concepts: extractConcepts(input) }
    }),

    explain: host.explain.handler(async function* ({ input, signal }) {
      // Its word lists take as long to load as all the rest: only when they are needed.
      const { explainNeurons } = await import('../operations/explain.ts')
      yield* explainNeurons(models.get(input.handle).model, input, signal)
    }),

    evidence: host.evidence.handler(async function* ({ input, signal }) {
      yield* streamEvidence(models.get(input.handle).model, input, signal)
    }),
  }
}
