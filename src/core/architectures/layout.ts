import type { Objective } from '../../contract/engine-host.ts'
export { weightNames } from './weight-names.ts'
export type { Objective }

/** A weight matrix with its bias, by tensor name. `in-out`: stored [inputs, outputs] (Conv1D); `out-in`: [outputs, inputs]. */
export interface Linear {
  readonly weight: string
  readonly bias: string | null
  readonly order: 'in-out' | 'out-in'
  readonly inputs: number
  readonly outputs: number
}

/**
 * A normalisation over the last dimension. `rms-plus-one` multiplies by 1 + weight; without a weight the scaled values stay as they
 * are. Only `layer` takes a bias.
 */
export interface Norm {
  readonly kind: 'layer' | 'rms' | 'rms-plus-one'
  readonly weight: string | null
  readonly bias: string | null
  readonly epsilon: number
}

/** A norm of queries or keys: over each head by itself with shared weights, or over all heads side by side. */
export interface HeadNorm {
  readonly norm: Norm
  readonly over: 'head' | 'all-heads'
}

export type Activation = 'gelu' | 'gelu-tanh' | 'relu' | 'silu'

/**
 * How a position enters the model. Learned: position p adds row p + offset of the table; with `paddingId` positions count the tokens
 * that are not this id, from paddingId + 1, and those that are stand at paddingId (RoBERTa). Rotary: the first `rotaryWidth` dimensions
 * of each head turn by `inverseFrequencies` radians a position, halves against each other (GPT-NeoX) or neighbours
 * (`interleaved`, GPT-J); cosines and sines are multiplied by `attentionScale` (YaRN).
 */
export type Positions =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'learned'
      readonly table: string
      readonly rows: number
      readonly offset?: number
      readonly paddingId?: number
    }
  | {
      readonly kind: 'rotary'
      readonly inverseFrequencies: readonly number[]
      readonly rotaryWidth: number
      readonly style?: 'halves' | 'interleaved'
      readonly attentionScale?: number
    }

/** Self-attention of one layer. Its neurons are the input of `output`: head x headWidth + dimension. */
export interface AttentionLayout {
  readonly kind: 'attention'
  /**
   * Three matrices, or one whose outputs are query, key and value: one after the other (`blocks`, when left out), or for each
   * head in turn its query, key and value (`heads`, GPT-NeoX).
   */
  readonly projections:
    | { readonly kind: 'fused'; readonly linear: Linear; readonly order?: 'blocks' | 'heads' }
    | { readonly kind: 'separate'; readonly query: Linear; readonly key: Linear; readonly value: Linear }
  readonly output: Linear
  readonly headWidth: number
  readonly headCount: number
  readonly keyValueHeadCount: number
  /** Key-value head that each query head reads. */
  readonly keyValueOfHead: readonly number[]
  /** Factor on the query before the dot products. */
  readonly scale: number
  /** Columns of the mixed values that `output` reads; null means all of them. */
  readonly keptColumns: readonly number[] | null
  /** Norms of the projected queries and keys, before they are turned by their positions. */
  readonly queryNorm?: HeadNorm
  readonly keyNorm?: HeadNorm
  /** Queries, keys and values are cut off at plus and minus this number right after their projection. */
  readonly clip?: number
  /** Scores s become softCap x tanh(s / softCap). */
  readonly softCap?: number
  /** How many positions a token sees, itself included; all before it when left out. */
  readonly window?: number
}

/** The MLP of one layer. Its neurons are the input of `down`. `gate` is null for a plain MLP. */
export interface MlpLayout {
  readonly kind: 'mlp'
  readonly activation: Activation
  readonly gate: Linear | null
  readonly up: Linear
  readonly down: Linear
}

/** What is left of a sublayer when every neuron of it is gone: the bias of its output projection, if it has one. */
export interface RemovedSublayer {
  readonly kind: 'removed'
  readonly bias: string | null
}

/**
 * One layer. Each sublayer adds to the residual stream x: x + outputNorm(sublayer(norm(x))), and residualNorm of that sum is the new
 * x; norms that a family lacks are null or left out. `parallel`: the MLP reads the x that the attention read.
 */
export interface BlockLayout {
  readonly attentionNorm: Norm | null
  readonly attention: AttentionLayout | RemovedSublayer
  readonly attentionOutputNorm?: Norm
  readonly attentionResidualNorm?: Norm
  readonly mlpNorm: Norm | null
  readonly mlp: MlpLayout | RemovedSublayer
  readonly mlpOutputNorm?: Norm
  readonly mlpResidualNorm?: Norm
  readonly parallel?: boolean
}

/**
 * What an image classifier reads: pixels [channels, height, width], cut into patches that do not overlap. Each patch goes through the layout's
 * `embedding`, stored [width, channels, patchHeight, patchWidth]; a learned token stands before them all, and its last state is classified.
 */
export interface ImageInput {
  readonly channels: number
  readonly height: number
  readonly width: number
  readonly patchHeight: number
  readonly patchWidth: number
  /** Bias of the embedding. */
  readonly bias: string | null
  /** [1, 1, width] */
  readonly classToken: string
  /** Names of the classes, in the order of the logits. */
  readonly labels: readonly string[]
}

/** What a masked language model does between its last layer and the head: norm(activation(linear(x))). */
export interface HeadTransform {
  readonly linear: Linear
  readonly activation: Activation
  readonly norm: Norm
}

/**
 * A transformer as data: everything that graph building, recording and surgery need to know of a checkpoint. Exported files carry it
 * as JSON: what a family does not have is left out, so that files of earlier versions stay what they were.
 */
export interface ModelLayout {
  readonly family: string
  /** `causal` when left out. */
  readonly objective?: Objective
  /** Every token sees every valid token, and not only those before it. */
  readonly bidirectional?: boolean
  readonly vocabularySize: number
  readonly contextLength: number
  readonly width: number
  /** Table of the tokens: [vocabulary, width], or [vocabulary, inputs of `embeddingProjection`]. */
  readonly embedding: string
  /** Factor on the rows of the table. */
  readonly embeddingScale?: number
  readonly embeddingProjection?: Linear
  /** Of an image classifier: its `vocabularySize` counts classes, its `contextLength` patches and the class token. */
  readonly image?: ImageInput
  /** Table of which one row is added to every token: the one that `token_type_ids` name, or the only one. */
  readonly tokenTypes?: { readonly table: string; readonly rows: number }
  /** Norm of the sum of all embeddings. */
  readonly embeddingNorm?: Norm
  readonly positions: Positions
  readonly blocks: readonly BlockLayout[]
  readonly finalNorm: Norm | null
  /** From the width to that of the head. */
  readonly outputProjection?: Linear
  readonly headTransform?: HeadTransform
  readonly head: Linear
  /** Logits z become softCap x tanh(z / softCap). */
  readonly logitSoftCap?: number
  /** True when the head is the embedding matrix. */
  readonly tiedHead: boolean
}

/** What a model was trained to give. */
export function objectiveOf(layout: ModelLayout): Objective {
  return layout.objective ?? 'causal'
}

/** Number of neurons of one sublayer: the width of its output projection's input. */
export function sublayerWidth(sublayer: AttentionLayout | MlpLayout | RemovedSublayer): number {
  if (sublayer.kind === 'removed') return 0
  return sublayer.kind === 'mlp' ? sublayer.down.inputs : sublayer.output.inputs
}

/** Neurons per layer of both sites. */
export function neuronWidths(layout: ModelLayout): { mlp: number[]; attention: number[] } {
  return {
    mlp: layout.blocks.map((block) => sublayerWidth(block.mlp)),
    attention: layout.blocks.map((block) => sublayerWidth(block.attention)),
  }
}
