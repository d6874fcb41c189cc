import type { Site } from '../../contract/neuron.ts'
import type { NodeAddress } from '../onnx/model-graph.ts'

/** A weight of the file: an initializer, or the tensor of a Constant node. */
export interface WeightReference {
  /** Name of the initializer, or of the Constant node's output. */
  readonly name: string
  /** The graph that declares it. */
  readonly graph: number
  /** The Constant node that holds it; null for an initializer. */
  readonly constant: NodeAddress | null
}

/** How the numbers of a weight are coded. Every name is an input of the projection node or of the node that dequantises. */
export type WeightQuantisation =
  /**
   * MatMulNBits: weight [outputs, blocks, blockSize x bits / 8] uint8, scales [outputs x blocks], zero points packed by output
   * and block, the middle of the range when null. `groupIndex` permutes inputs over blocks.
   */
  | {
      readonly kind: 'blocks'
      readonly bits: number
      readonly blockSize: number
      readonly scales: WeightReference
      readonly zeroPoints: WeightReference | null
      readonly groupIndex: WeightReference | null
    }
  /** 8 bits (or 4) with one scale per tensor or per output: a neuron's row is silent when it holds the zero point. */
  | {
      readonly kind: 'linear'
      readonly scales: WeightReference
      /** Null: zero. */
      readonly zeroPoints: WeightReference | null
    }

/** A bias vector [outputs] that is added to a projection's result, and the node that reads it (the projection's own or an Add ...). */
export interface DiscoveredBias {
  readonly weight: WeightReference
  readonly reader: NodeAddress
  /** Which input of `reader` it is. */
  readonly input: number
}

/** A weight matrix that is applied along the last axis. */
export interface DiscoveredLinear {
  readonly graph: number
  /** The node that multiplies: position in `ModelGraph.graphs[graph].nodes`. */
  readonly node: number
  readonly op: string
  readonly kind: 'matmul' | 'gemm' | 'quantised'
  /** The node that reads the float input (the projection itself, or the node that quantises it), and which input it is. */
  readonly reader: NodeAddress
  readonly readerInput: number
  /** Name of the tensor that holds the weight. */
  readonly weight: string
  readonly weightReference: WeightReference
  /** How it is stored: `in-out` [inputs, outputs], `out-in` [outputs, inputs]. */
  readonly order: 'in-out' | 'out-in'
  readonly inputs: number
  readonly outputs: number
  /** Nodes that every reading of the weight passes, from the weight on: Transpose, Cast, Identity, DequantizeLinear. */
  readonly weightPath: readonly NodeAddress[]
  /** Other nodes in the file that read the same weight; a change of it in place would change them too. */
  readonly sharedWith: readonly NodeAddress[]
  readonly bias: string | null
  readonly biasReference: DiscoveredBias | null
  readonly quantisation: WeightQuantisation | null
  /** True when the node quantises its input as it runs: then masking a neuron differs from zeroing its weights. */
  readonly quantisesActivations: boolean
  /** The first value that holds the result with its bias. */
  readonly result: string
}

/** Columns of a projection that feed the neurons: neuron `i` is made from output `firstColumn + i`. */
export interface DiscoveredColumns {
  readonly linear: DiscoveredLinear
  readonly firstColumn: number
}

/** One appearance of a site: the main graph, or one branch of a merged decoder. */
export interface SitePlace {
  readonly graph: number
  /** The tensor that is the input of the output projection, [..., width]. */
  readonly value: string
  readonly projection: DiscoveredLinear
  /** MLP: what makes the neurons; null for attention. Every node from there to `value` works element by element. */
  readonly up: DiscoveredColumns | null
  /** The projection behind the nonlinearity of a gated MLP. */
  readonly gate: DiscoveredColumns | null
}

export interface DiscoveredSite extends SitePlace {
  readonly site: Site
  readonly layer: number
  /** Number of neurons. */
  readonly width: number
  readonly headCount: number | null
  readonly keyValueHeadCount: number | null
  /** Index of an attention neuron = head x headWidth + dimension. */
  readonly headWidth: number | null
  /** MLP: the nonlinearity as far as it is recognised. */
  readonly activation: 'gelu' | 'gelu-tanh' | 'quick-gelu' | 'relu' | 'silu' | 'other' | null
  /** The same site in the other branches of a merged decoder; a plan must change all of them. */
  readonly copies: readonly SitePlace[]
  /** `likely`: one step rests on convention, and `evidence` says which. */
  readonly certainty: 'certain' | 'likely'
  /** Sentences: by what the site was recognised. */
  readonly evidence: readonly string[]
}

/** An input of the model that must be fed. Dimensions as declared: number, symbol or null; `dims` null when not declared. */
export interface DiscoveredInput {
  readonly name: string
  readonly type: number
  readonly dims: readonly (number | string | null)[] | null
}

/** A key-value cache of one layer. `stacked`: keys and values in one tensor, [2, batch, heads, past, head width]. */
export interface DiscoveredCache {
  readonly layer: number
  readonly kind: 'key' | 'value' | 'stacked'
  readonly past: string
  /** The output that carries it on. */
  readonly present: string | null
  readonly type: number
  readonly dims: readonly (number | string | null)[] | null
  readonly headCount: number | null
  readonly headWidth: number | null
}

/** What a language model in an ONNX file is made of, found by its structure alone. */
export interface DiscoveredModel {
  readonly inputs: {
    /** int64 or int32 [batch, sequence]. */
    readonly inputIds: string
    readonly inputIdsType: number
    readonly attentionMask: DiscoveredInput | null
    readonly positionIds: DiscoveredInput | null
    readonly tokenTypeIds: DiscoveredInput | null
    /** Empty when the model takes no cache. */
    readonly pastKeyValues: readonly DiscoveredCache[]
    /** bool [1]: true takes the branch that reads the cache. */
    readonly useCacheBranch: string | null
    /** Inputs that nothing reads; a runtime wants them all the same, whatever they hold. */
    readonly unused: readonly DiscoveredInput[]
  }
  /** Output [batch, sequence, vocabulary]. */
  readonly logits: string
  readonly logitsType: number
  /** The matrix that makes the logits, one per branch of a merged decoder. */
  readonly heads: readonly DiscoveredLinear[]
  readonly vocabularySize: number
  /** Width of the residual stream. */
  readonly width: number
  /** Most positions that tables and masks of the file allow; null when nothing in it says. */
  readonly contextLength: number | null
  /** Sizes that are fixed by the file's inputs; null where they are free. */
  readonly fixedBatch: number | null
  readonly fixedSequence: number | null
  readonly layers: number
  readonly positions: 'learned' | 'rotary' | 'other'
  /** `unknown`: nothing in the file proves that a position cannot see those after it; run it to know. */
  readonly objective: 'causal' | 'unknown'
  /** True when any node quantises activations as it runs. */
  readonly quantisesActivations: boolean
  /** By layer, attention before MLP. */
  readonly sites: readonly DiscoveredSite[]
  /** Sentences for the person: what is unusual. */
  readonly notes: readonly string[]
}
