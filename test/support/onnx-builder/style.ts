import { smallSizes, type DecoderSizes } from './decoder-weights.ts'

/** How a decoder is written down. Every combination that a test asks for means the same decoder of its family. */
export interface DecoderStyle {
  readonly sizes: DecoderSizes
  /** `gpt`: layer norms, learned positions, biases. `llama`: RMS norms, rotary positions, a gated MLP, no biases. */
  readonly family: 'gpt' | 'llama'
  readonly opset: number
  readonly linear:
    | 'matmul'
    | 'gemm'
    /** The stored matrix is [outputs, inputs], behind an Identity and a Transpose. */
    | 'unfolded'
    /** Weights are Constant nodes. */
    | 'constant'
    | 'nbits-4'
    | 'nbits-8'
    /** DynamicQuantizeMatMul. */
    | 'dynamic'
    /** DynamicQuantizeLinear, MatMulInteger, Cast, Mul. */
    | 'integer'
    /** DequantizeLinear of int8 weights. */
    | 'dequantized'
    /** Weights of 16 bits behind a Cast. */
    | 'cast'
  readonly projections: 'separate' | 'fused'
  readonly gateAndUp: 'separate' | 'fused'
  readonly activation:
    | 'gelu'
    | 'gelu-op'
    | 'gelu-tanh'
    | 'gelu-tanh-op'
    | 'fast-gelu'
    | 'bias-gelu'
    | 'quick-gelu'
    | 'relu'
    | 'silu'
  readonly norm: 'op' | 'decomposed' | 'skip'
  readonly residual: 'pre' | 'post' | 'sandwich' | 'parallel'
  readonly attention: 'plain' | 'microsoft' | 'multi-head' | 'group-query' | 'attention-23' | 'attention-23-split'
  readonly rotary: 'plain' | 'microsoft' | 'op'
  readonly causal: 'buffer' | 'range' | 'trilu' | 'none'
  readonly cache: 'none' | 'past' | 'merged'
  /** Inputs attention_mask and position_ids. */
  readonly masks: boolean
  /** Sizes of reshapes are computed from shapes at run time. */
  readonly dynamicShapes: boolean
  /** Small constants are Constant nodes. */
  readonly constantNodes: boolean
  /** Dense, activation and norm before the matrix of the logits, as masked language models have. */
  readonly headTransform: boolean
  readonly half: boolean
  /** Names that say nothing. */
  readonly obfuscated: boolean
  /** Name of the file that holds the weights. */
  readonly external: string | null
  readonly metadata: Readonly<Record<string, string>>
}

const gpt: DecoderStyle = {
  sizes: smallSizes,
  family: 'gpt',
  opset: 17,
  linear: 'matmul',
  projections: 'separate',
  gateAndUp: 'separate',
  activation: 'gelu',
  norm: 'op',
  residual: 'pre',
  attention: 'plain',
  rotary: 'plain',
  causal: 'range',
  cache: 'none',
  masks: false,
  dynamicShapes: false,
  constantNodes: false,
  headTransform: false,
  half: false,
  obfuscated: false,
  external: null,
  metadata: {},
}

export function gptStyle(change: Partial<DecoderStyle> = {}): DecoderStyle {
  return { ...gpt, ...change }
}

export function llamaStyle(change: Partial<DecoderStyle> = {}): DecoderStyle {
  return {
    ...gpt,
    family: 'llama',
    sizes: { ...smallSizes, keyValueHeads: 2, headWidth: 16 },
    activation: 'silu',
    norm: 'decomposed',
    ...change,
  }
}
