import type { Objective } from '../../../contract/engine-host.ts'
import { neuronWidths, objectiveOf, type ModelLayout } from '../../../core/architectures/layout.ts'

/** Facts that every open model has, whether a layout describes it or its graph was made by another program. */
export interface ModelShape {
  readonly family: string
  readonly vocabularySize: number
  readonly contextLength: number
  /** Of the residual stream. */
  readonly width: number
  readonly objective: Objective
  /** Neurons per layer of each site. */
  readonly neurons: { readonly mlp: readonly number[]; readonly attention: readonly number[] }
  /** Per layer; 0 where they are not known or the attention was removed. */
  readonly headCounts: readonly number[]
  readonly keyValueHeadCounts: readonly number[]
  readonly headWidth: number
  readonly tiedHead: boolean
  readonly positions: string
}

/** The shape of a model that a layout describes. */
export function shapeOfLayout(layout: ModelLayout): ModelShape {
  const attention = layout.blocks.map((block) => (block.attention.kind === 'attention' ? block.attention : null))
  return {
    family: layout.family,
    vocabularySize: layout.vocabularySize,
    contextLength: layout.contextLength,
    width: layout.width,
    objective: objectiveOf(layout),
    neurons: neuronWidths(layout),
    headCounts: attention.map((layer) => layer?.headCount ?? 0),
    keyValueHeadCounts: attention.map((layer) => layer?.keyValueHeadCount ?? 0),
    headWidth: attention.find((layer) => layer !== null)?.headWidth ?? 0,
    tiedHead: layout.tiedHead,
    positions: layout.positions.kind,
  }
}
