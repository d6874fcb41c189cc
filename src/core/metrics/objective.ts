import type { Objective } from '../../contract/engine-host.ts'
import { SnipError } from '../../contract/failure.ts'

const does: Readonly<Record<Objective, string>> = {
  causal: 'continues text',
  masked: 'fills in masked tokens',
  image: 'classifies images',
}
const metricFor: Readonly<Record<Objective, string>> = {
  causal: 'lm or cloze',
  masked: 'masked-lm',
  image: 'image-top1',
}

/** Throws `unsupported-model` when a model was not trained for what is asked of it; `what` names that, as `Metric "lm"`. */
export function requireObjective(
  { familyName, objective }: { readonly familyName: string; readonly objective: Objective },
  needed: Objective,
  what: string,
): void {
  if (objective === needed) return
  throw new SnipError(
    'unsupported-model',
    `${what} needs a model that ${does[needed]}; a ${familyName} model ${does[objective]}`,
    { remedy: `Measure this model with ${metricFor[objective]}.` },
  )
}
