import type { Progress } from '../../../contract/engine-host.ts'
import { SnipError } from '../../../contract/failure.ts'
import type { Concept } from '../../../contract/files.ts'
import { conceptOf } from '../../../core/concepts/explainers/explainer.ts'
import type { OpenModel } from '../model/open-model.ts'
import { gatherEvidence, type EvidenceRequest } from './evidence.ts'
import { progress, ProgressThrottle } from './steps.ts'

export interface ExplainRequest extends EvidenceRequest {
  readonly explainer: string
}

export type ExplainEvent = Progress | { readonly kind: 'concept'; readonly concept: Concept }

/** Explains neurons of a recording from their top windows and a shared random sample, one after the other. */
export async function* explainNeurons(
  model: OpenModel,
  request: ExplainRequest,
  signal: AbortSignal | undefined,
): AsyncGenerator<ExplainEvent> {
  // The word lists take a second to load, which every other command would pay for.
  const [{ explainers }, { WindowTagger }] = await Promise.all([
    import('../../../core/concepts/explainers/index.ts'),
    import('../../../core/concepts/features/window-tagger.ts'),
  ])
  const explainer = Object.values(explainers).find((member) => member.id === request.explainer)
  if (!explainer) {
    throw new SnipError('bad-argument', `There is no explainer "${request.explainer}"`, {
      remedy: `Choose one of: ${Object.keys(explainers).join(', ')}.`,
    })
  }
  const tagger = new WindowTagger()
  const throttle = new ProgressThrottle()
  const { directory, neurons, seed } = request
  let done = 0
  for await (const { evidence } of gatherEvidence(model, directory, neurons, seed, signal)) {
    const explanation = explainer.run(evidence, explainer.parameters.parse({}), tagger)
    yield { kind: 'concept', concept: conceptOf(explanation, explainer) }
    if (throttle.due(++done, neurons.length)) yield progress(done, neurons.length, 'neurons')
  }
}
