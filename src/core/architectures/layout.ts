/** A weight matrix with its bias, by tensor name. `in-out`: stored [inputs, outputs] (Conv1D); `out-in`: [outputs, inputs]. */
export interface Linear {
  readonly weight: string
  readonly bias: string | null
  readonly order: 'in-out' | 'out-in'
  readonly inputs: number
  readonly outputs: number
}

/** A normalisation over the residual width. */
export interface Norm {
  readonly kind: 'layer' | 'rms'
  readonly weight: string
  readonly bias: string | null
  readonly epsilon: number
}

export type Activation = 'gelu' | 'gelu-tanh' | 'relu' | 'silu'

/** How a position enters the model. Rotary: halves rotate (GPT-NeoX style), by `inverseFrequencies` radians a position. */
export type Positions =
  | { readonly kind: 'learned'; readonly table: string; readonly rows: number }
  | { readonly kind: 'rotary'; readonly inverseFrequencies: readonly number[]; readonly rotaryWidth: number }

/** Self-attention of one layer. Its neurons are the input of `output`: head x headWidth + dimension. */
export interface AttentionLayout {
  readonly kind: 'attention'
  /** Either one matrix whose outputs are query, key, value in that order, or three. */
  readonly projections:
    | { readonly kind: 'fused'; readonly linear: Linear }
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

/** One layer: x + attention(norm(x)), then x + mlp(norm(x)). */
export interface BlockLayout {
  readonly attentionNorm: Norm
  readonly attention: AttentionLayout | RemovedSublayer
  readonly mlpNorm: Norm
  readonly mlp: MlpLayout | RemovedSublayer
}

/** A decoder as data: everything that graph building, recording and surgery need to know of a checkpoint. */
export interface ModelLayout {
  readonly family: string
  readonly vocabularySize: number
  readonly contextLength: number
  readonly width: number
  readonly embedding: string
  readonly positions: Positions
  readonly blocks: readonly BlockLayout[]
  readonly finalNorm: Norm
  readonly head: Linear
  /** True when the head is the embedding matrix. */
  readonly tiedHead: boolean
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

/** Names of all weight tensors that a layout reads, each once, in the order of use. */
export function weightNames(layout: ModelLayout): string[] {
  const names = new Set<string>()
  const addLinear = (linear: Linear) => {
    names.add(linear.weight)
    if (linear.bias !== null) names.add(linear.bias)
  }
  const addNorm = (norm: Norm) => {
    names.add(norm.weight)
    if (norm.bias !== null) names.add(norm.bias)
  }
  names.add(layout.embedding)
  if (layout.positions.kind === 'learned') names.add(layout.positions.table)
  for (const { attentionNorm, attention, mlpNorm, mlp } of layout.blocks) {
    if (attention.kind === 'attention') {
      addNorm(attentionNorm)
      const { projections } = attention
      if (projections.kind === 'fused') addLinear(projections.linear)
      else for (const linear of [projections.query, projections.key, projections.value]) addLinear(linear)
      addLinear(attention.output)
    } else if (attention.bias !== null) names.add(attention.bias)
    if (mlp.kind === 'mlp') {
      addNorm(mlpNorm)
      if (mlp.gate) addLinear(mlp.gate)
      addLinear(mlp.up)
      addLinear(mlp.down)
    } else if (mlp.bias !== null) names.add(mlp.bias)
  }
  addNorm(layout.finalNorm)
  addLinear(layout.head)
  return [...names]
}
