import type { SitePlace } from '../discovery/discovered-model.ts'
import { elementType } from './graph.ts'
import type { ModelGraph } from './model-graph.ts'
import { tensorAt } from './surgery-rows.ts'

/** Element type of a site's neurons: what the output projection multiplies by its weight. */
export function neuronType(model: ModelGraph, { projection }: Pick<SitePlace, 'projection'>): number {
  const { quantisation, quantisesActivations, weightReference, weightPath } = projection
  // The operators that quantise as they run read f32 only.
  if (quantisation !== null) return quantisesActivations ? elementType.float : tensorAt(model, quantisation.scales).type
  let type = tensorAt(model, weightReference).type
  for (const { graph, node } of weightPath) {
    const to = model.graphs[graph]!.nodes[node]!.attributes.get('to')
    if (to?.kind === 'int') type = to.value
  }
  return type
}
