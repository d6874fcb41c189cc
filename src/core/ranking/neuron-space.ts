import { SnipError, invariant } from '../../contract/failure.ts'
import { type Neuron, type NeuronId, type Site, formatNeuron } from '../../contract/neuron.ts'

const siteOrder: readonly Site[] = ['mlp', 'attention']

/**
 * All neurons of a model, or of some of its sites, as one flat index: site (mlp first), then layer, then index.
 * `layerWidths[site][layer]` is the number of neurons of that layer; a site that is not in `sites` has no layers.
 */
export interface NeuronSpace {
  readonly sites: readonly Site[]
  readonly layerWidths: Readonly<Record<Site, readonly number[]>>
}

/** A space from the widths of each layer; sites without layers are left out. */
export function createNeuronSpace(layerWidths: Partial<Record<Site, readonly number[]>>): NeuronSpace {
  const widths = { mlp: layerWidths.mlp ?? [], attention: layerWidths.attention ?? [] }
  for (const site of siteOrder) {
    for (const width of widths[site]) {
      invariant(Number.isSafeInteger(width) && width >= 0, `a layer has a whole number of neurons, not ${width}`)
    }
  }
  return { sites: siteOrder.filter((site) => widths[site].length > 0), layerWidths: widths }
}

/** The same space with the given sites only. Throws `bad-argument` for a site that the space does not have. */
export function restrictSpace(space: NeuronSpace, sites: readonly Site[]): NeuronSpace {
  const kept: Partial<Record<Site, readonly number[]>> = {}
  for (const site of sites) {
    if (!space.sites.includes(site)) {
      throw new SnipError('bad-argument', `There are no neurons of site '${site}' here`, {
        remedy: `Use one of the sites at hand: ${space.sites.join(', ') || 'none'}.`,
      })
    }
    kept[site] = space.layerWidths[site]
  }
  return createNeuronSpace(kept)
}

/** Number of neurons of the space. */
export function countNeurons(space: NeuronSpace): number {
  let total = 0
  for (const site of space.sites) for (const width of space.layerWidths[site]) total += width
  return total
}

/** The flat index of a neuron; null when the space has no such neuron. */
export function findNeuron(space: NeuronSpace, neuron: Neuron): number | null {
  let offset = 0
  for (const site of space.sites) {
    const widths = space.layerWidths[site]
    for (let layer = 0; layer < widths.length; layer++) {
      const width = widths[layer] as number
      if (site === neuron.site && layer === neuron.layer) return neuron.index < width ? offset + neuron.index : null
      offset += width
    }
  }
  return null
}

/** The flat index of a neuron. Throws `bad-argument`, with the legal range, when the space has no such neuron. */
export function flattenNeuron(space: NeuronSpace, neuron: Neuron): number {
  const flat = findNeuron(space, neuron)
  if (flat !== null) return flat
  throw new SnipError('bad-argument', `There is no neuron ${formatNeuron(neuron)}: ${describeRange(space, neuron)}`)
}

/** The neuron at a flat index. */
export function unflattenNeuron(space: NeuronSpace, flat: number): Neuron {
  let offset = 0
  for (const site of space.sites) {
    const widths = space.layerWidths[site]
    for (let layer = 0; layer < widths.length; layer++) {
      const width = widths[layer] as number
      if (flat >= offset && flat < offset + width) return { site, layer, index: flat - offset }
      offset += width
    }
  }
  throw new SnipError('internal', `Broken assumption: flat neuron index ${flat} lies within the space of ${offset}`)
}

/** Names neurons by flat index, quickly: for hundreds of thousands of them. An index outside the space is a fault. */
export function neuronIdsOf(space: NeuronSpace): (flat: number) => NeuronId {
  const runs: { readonly first: number; readonly prefix: string }[] = []
  let offset = 0
  for (const site of space.sites) {
    for (const [layer, width] of space.layerWidths[site].entries()) {
      if (width > 0) runs.push({ first: offset, prefix: `${site}:${layer}:` })
      offset += width
    }
  }
  return (flat) => {
    invariant(flat >= 0 && flat < offset, `flat neuron index ${flat} lies within the space of ${offset}`)
    let low = 0
    let high = runs.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((runs[middle] as (typeof runs)[number]).first <= flat) low = middle
      else high = middle - 1
    }
    const { first, prefix } = runs[low] as (typeof runs)[number]
    return prefix + String(flat - first)
  }
}

/**
 * Flat indices by neuron id, quickly; null for a text that names no neuron of the space. The same place as `findNeuron`
 * gives for the parsed id.
 */
export function flatIndexOf(space: NeuronSpace): (id: string) => number | null {
  const starts = new Map<string, { readonly first: number; readonly width: number }>()
  let offset = 0
  for (const site of space.sites) {
    for (const [layer, width] of space.layerWidths[site].entries()) {
      starts.set(`${site}:${layer}`, { first: offset, width })
      offset += width
    }
  }
  return (id) => {
    const border = id.lastIndexOf(':')
    const run = starts.get(id.slice(0, border))
    if (run === undefined) return null
    const text = id.slice(border + 1)
    const index = /^(0|[1-9]\d{0,8})$/.test(text) ? Number(text) : -1
    return index >= 0 && index < run.width ? run.first + index : null
  }
}

/** Stands for a neuron that is in no row of the neuron table. */
export const noRow = 0xffffffff

/**
 * Rows of the neuron table for flat indices of a model's whole space. The table holds the recorded sites alone, in the same
 * order; a neuron of another site is in no row.
 */
export function tableRowsOf(
  whole: NeuronSpace,
  recorded: readonly Site[],
  flats: Uint32Array,
): Uint32Array<ArrayBuffer> {
  const runs: { readonly first: number; readonly end: number; readonly shift: number }[] = []
  let flat = 0
  let row = 0
  for (const site of whole.sites) {
    const count = whole.layerWidths[site].reduce((sum, width) => sum + width, 0)
    if (recorded.includes(site)) {
      runs.push({ first: flat, end: flat + count, shift: flat - row })
      row += count
    }
    flat += count
  }
  if (runs.every(({ shift }) => shift === 0) && row === flat) return flats.slice()
  return flats.map((at) => {
    const run = runs.find(({ first, end }) => at >= first && at < end)
    return run === undefined ? noRow : at - run.shift
  })
}

/** Every neuron in flat order. */
export function* neuronsOf(space: NeuronSpace): Generator<Neuron> {
  for (const site of space.sites) {
    const widths = space.layerWidths[site]
    for (let layer = 0; layer < widths.length; layer++) {
      const width = widths[layer] as number
      for (let index = 0; index < width; index++) yield { site, layer, index }
    }
  }
}

/** Why a neuron is not in a space, as the end of a sentence: which layers or indices are legal. */
export function describeRange(space: NeuronSpace, neuron: Neuron): string {
  const widths = space.layerWidths[neuron.site]
  if (widths.length === 0) return `site '${neuron.site}' has no neurons here`
  const width = widths[neuron.layer]
  if (width === undefined) return `site '${neuron.site}' has layers 0 to ${widths.length - 1}`
  return `layer ${neuron.layer} of site '${neuron.site}' has neurons 0 to ${width - 1}`
}
