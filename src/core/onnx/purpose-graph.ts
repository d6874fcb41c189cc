import { invariant } from '../../contract/failure.ts'
import type { DiscoveredModel } from '../discovery/discovered-model.ts'
import type { GraphPurpose } from './decoder-graph.ts'
import { flattenGraph, type FlatGraph, type FlatSite } from './flat-graph.ts'
import { cacheDims, cacheName, giveInputs, type RunSizes } from './given-inputs.ts'
import { elementType, GraphBuilder, type Graph } from './graph.ts'
import { lossNodes } from './loss-nodes.ts'
import type { ModelGraph } from './model-graph.ts'
import { recordNeurons } from './recording-nodes.ts'
import { safeName } from './safe-names.ts'

/** A graph for one purpose: nodes of the file, nodes of ours around them, and what of the file's values the changed nodes read. */
export interface PurposeGraph {
  readonly flat: FlatGraph
  /** Ours: they make the file's inputs, and read the file's values by their safe names. */
  readonly own: Graph
  /** Inputs of the file's nodes that read a value of ours: by graph and node, the position and the value. */
  readonly rewired: readonly {
    readonly graph: number
    readonly node: number
    readonly input: number
    readonly value: string
  }[]
}

export interface PurposeOptions {
  /** Element type of each site's value by its name in the file. */
  readonly typeOf: (value: string) => number
  /** False leaves the mask inputs out, where plans change weights instead. */
  readonly masks: boolean
}

/** The graph of a purpose, derived from a foreign model: masks after the neurons, records of them, losses after the logits. */
export function derivePurpose(
  model: ModelGraph,
  discovered: DiscoveredModel,
  purpose: GraphPurpose,
  { typeOf, masks }: PurposeOptions,
): PurposeGraph {
  invariant(purpose.attention !== 'given', 'a foreign graph sees what it sees')
  const cached = purpose.attention === 'cached'
  const flat = flattenGraph(model, discovered, cached ? 'cached' : 'whole')
  const opset = model.opsets.get('') ?? 0
  const builder = new GraphBuilder()
  const rewired = builder.within('snip', () => {
    const sizes = giveInputs(builder, discovered, cached)
    const derive = new PurposeNodes(builder, discovered, purpose, sizes, opset)
    const changes = flat.sites.flatMap((site) => derive.site(site, typeOf(site.place.value), masks))
    if (purpose.output !== 'none') derive.head()
    if (cached) derive.cache()
    return changes
  })
  return { flat, own: builder.build(), rewired }
}

class PurposeNodes {
  readonly #b: GraphBuilder
  readonly #model: DiscoveredModel
  readonly #purpose: GraphPurpose
  readonly #sizes: RunSizes
  readonly #opset: number
  readonly #valid: string | null

  constructor(b: GraphBuilder, model: DiscoveredModel, purpose: GraphPurpose, sizes: RunSizes, opset: number) {
    this.#b = b
    this.#model = model
    this.#purpose = purpose
    this.#sizes = sizes
    this.#opset = opset
    this.#valid = purpose.record?.statistics ? b.input('valid', elementType.float, [1, 'tokens']) : null
  }

  /** Records the neurons of a site and multiplies the mask in; returns what then reads the masked value. */
  site({ site, layer, width, place }: FlatSite, type: number, masks: boolean): PurposeGraph['rewired'] {
    const b = this.#b
    const value = safeName(place.value)
    const { batch, sequence } = this.#sizes
    if (this.#purpose.record?.sites.includes(site)) {
      const perWindow = this.#unpadded(this.#float(value, type), width)
      const neurons = b.node('Reshape', [perWindow, b.ints([-1, width])])
      recordNeurons(b, site, layer, neurons, width, { batch, sequence, valid: this.#valid, opset: this.#opset })
    }
    if (!this.#purpose.masks || !masks) return []
    const mask = b.input(`${site}.${layer}.mask`, elementType.float, [width])
    const typed = type === elementType.float ? mask : b.node('Cast', [mask], { to: type })
    const masked = b.node('Mul', [value, typed])
    const { reader, readerInput } = place.projection
    return [{ ...reader, input: readerInput, value: masked }]
  }

  /** From the file's logits to the outputs of the purpose. */
  head(): void {
    const b = this.#b
    const { vocabularySize, logits, logitsType } = this.#model
    const { batch, sequence } = this.#sizes
    const all = this.#unpadded(this.#float(this.#rounded(safeName(logits), logitsType), logitsType), vocabularySize)
    if (this.#purpose.output === 'last-logits') {
      const last = b.node('Gather', [all, b.int(-1)], { axis: 1 }, 'logits')
      b.output(last, elementType.float, ['batch', vocabularySize])
    } else if (this.#purpose.output === 'logits') {
      b.output(b.node('Identity', [all], {}, 'logits'), elementType.float, ['batch', 'sequence', vocabularySize])
    } else if (this.#purpose.output === 'logits-at') {
      const places = b.input('places', elementType.int64, ['places'])
      const flat = b.node('Reshape', [all, b.ints([-1, vocabularySize])])
      b.output(b.node('Gather', [flat, places], { axis: 0 }, 'logits'), elementType.float, ['places', vocabularySize])
    } else if (this.#purpose.output !== 'none') {
      const flat = b.node('Reshape', [all, b.ints([-1, vocabularySize])])
      lossNodes(b, flat, this.#purpose.output, { batch, sequence, opset: this.#opset })
    }
  }

  cache(): void {
    const b = this.#b
    for (const cache of this.#model.inputs.pastKeyValues) {
      if (cache.present === null) continue
      const dims = cacheDims(cache).map((size) => (size === null ? 'batch' : size === 0 ? 'total' : size))
      const name = cacheName(cache).replace('past', 'present')
      const present = safeName(cache.present)
      if (cache.type === elementType.float) b.node('Identity', [present], {}, name)
      else b.node('Cast', [present], { to: elementType.float }, name)
      b.output(name, elementType.float, dims)
    }
  }

  /** ONNX Runtime computes halves as floats and takes a cast there and back away: a reshape between keeps what the file gives out. */
  #rounded(value: string, type: number): string {
    if (type === elementType.float) return value
    const b = this.#b
    const { fullBatch, fullSequence } = this.#sizes
    const shape = b.node('Concat', [fullBatch, fullSequence, b.ints([this.#model.vocabularySize])], { axis: 0 })
    return b.node('Reshape', [value, shape])
  }

  #float(value: string, type: number): string {
    return type === elementType.float ? value : this.#b.node('Cast', [value], { to: elementType.float })
  }

  /** The rows of real tokens: [batch, sequence, width]; of a graph of free sizes, the value as it is. */
  #unpadded(value: string, width: number): string {
    const { batch, sequence, fullBatch, fullSequence, isPadded } = this.#sizes
    if (!isPadded) return value
    const b = this.#b
    const whole = b.node('Reshape', [value, b.node('Concat', [fullBatch, fullSequence, b.ints([width])], { axis: 0 })])
    const ends = b.node('Concat', [batch, sequence], { axis: 0 })
    return b.node('Slice', [whole, b.ints([0, 0]), ends, b.ints([0, 1])])
  }
}
