import { z } from 'zod'

/** The two places where a neuron lives: the input of the MLP's or of the attention's output projection. */
export const siteSchema = z.enum(['mlp', 'attention'])
export type Site = z.infer<typeof siteSchema>

/** One neuron of a model; `layer` and `index` count from 0. An attention index is head x head width + dimension. */
export interface Neuron {
  readonly site: Site
  readonly layer: number
  readonly index: number
}

const neuronIdPattern = /^(mlp|attention):(0|[1-9]\d{0,6}):(0|[1-9]\d{0,8})$/

/** A neuron as it stands on disk and in JSON: `"mlp:3:117"`. */
export const neuronIdSchema = z
  .string()
  .regex(neuronIdPattern, 'a neuron is written site:layer:index, for instance mlp:3:117')
export type NeuronId = z.infer<typeof neuronIdSchema>

/** Writes a neuron as `"mlp:3:117"`. */
export function formatNeuron(neuron: Neuron): NeuronId {
  return `${neuron.site}:${neuron.layer}:${neuron.index}`
}

/** Reads `"mlp:3:117"`; null when the text is not a neuron. */
export function parseNeuron(text: string): Neuron | null {
  const match = neuronIdPattern.exec(text)
  if (!match) return null
  return { site: match[1] as Site, layer: Number(match[2]), index: Number(match[3]) }
}

/** Order of the neuron space: site (mlp first), then layer, then index. */
export function compareNeurons(a: Neuron, b: Neuron): number {
  if (a.site !== b.site) return a.site === 'mlp' ? -1 : 1
  return a.layer - b.layer || a.index - b.index
}
