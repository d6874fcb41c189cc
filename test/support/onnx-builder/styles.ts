import { gptStyle, llamaStyle, type DecoderStyle } from './style.ts'

/** A style by name, and the style that must give the same logits with the largest relative difference that is allowed. */
export interface NamedStyle {
  readonly name: string
  readonly style: DecoderStyle
  readonly like: DecoderStyle
  readonly within: number
}

const exact = 2e-5
/** Weights of 16 bits, and everything computed in them. */
const halfPrecision = 0.02
const eightBits = 0.1
const fourBits = 0.5

const tanh = gptStyle({ activation: 'gelu-tanh' })
const past = { cache: 'past', masks: true } as const
const merged = { cache: 'merged', masks: true } as const

/** Every way of writing a decoder that discovery must see through. */
export function namedStyles(): NamedStyle[] {
  const styles: NamedStyle[] = []
  const add = (name: string, style: DecoderStyle, like: DecoderStyle, within = exact): void => {
    styles.push({ name, style, like, within })
  }
  const gpt = gptStyle()
  const llama = llamaStyle()
  const gptLike = (name: string, change: Partial<DecoderStyle>, within = exact): void => {
    add(name, gptStyle(change), gpt, within)
  }
  const llamaLike = (name: string, change: Partial<DecoderStyle>, within = exact): void => {
    add(name, llamaStyle(change), llama, within)
  }
  gptLike('gpt, opset 11, decomposed, not folded', {
    opset: 11,
    norm: 'decomposed',
    linear: 'unfolded',
    causal: 'buffer',
    dynamicShapes: true,
    constantNodes: true,
  })
  gptLike('gpt, opset 13, Gemm, fused projections', {
    opset: 13,
    norm: 'decomposed',
    linear: 'gemm',
    causal: 'buffer',
    projections: 'fused',
    dynamicShapes: true,
  })
  gptLike('gpt, opset 14, Trilu', { opset: 14, norm: 'decomposed', causal: 'trilu', dynamicShapes: true })
  gptLike('gpt, opset 17, Constant nodes', { linear: 'constant', constantNodes: true })
  gptLike('gpt, opset 18', { opset: 18, norm: 'decomposed', causal: 'trilu' })
  gptLike('gpt, opset 20, Gelu', { opset: 20, activation: 'gelu-op' })
  gptLike('gpt, opset 23, Attention', { opset: 23, activation: 'gelu-op', attention: 'attention-23' })
  gptLike('gpt, opset 23, Attention of split heads', { opset: 23, attention: 'attention-23-split' })
  gptLike('gpt, opset 23, Attention with a cache', { opset: 23, attention: 'attention-23', ...past })
  gptLike('gpt with masks', { masks: true })
  gptLike('gpt with a cache', past)
  gptLike('gpt with a cache, names that say nothing', { ...past, obfuscated: true })
  gptLike('gpt, merged', merged)
  gptLike('gpt, merged, names that say nothing', { ...merged, obfuscated: true, projections: 'fused' })
  gptLike('gpt, Attention of ONNX Runtime', { attention: 'microsoft', norm: 'skip', activation: 'bias-gelu' })
  gptLike('gpt, MultiHeadAttention', { attention: 'multi-head', norm: 'skip', activation: 'bias-gelu', masks: true })
  gptLike('gpt, MultiHeadAttention with a cache', { attention: 'multi-head', norm: 'skip', ...past })
  gptLike('gpt, weights beside the model', { external: 'weights.bin', obfuscated: true })
  gptLike('gpt, 16 bits', { half: true }, halfPrecision)
  gptLike('gpt, 16-bit weights behind Cast', { linear: 'cast' }, halfPrecision)
  gptLike('gpt, DynamicQuantizeMatMul', { linear: 'dynamic' }, eightBits)
  gptLike('gpt, MatMulInteger', { linear: 'integer' }, eightBits)
  gptLike('gpt, DequantizeLinear', { linear: 'dequantized' }, eightBits)
  gptLike('gpt, MatMulNBits of 8 bits', { linear: 'nbits-8' }, eightBits)
  gptLike('gpt, MatMulNBits of 4 bits', { linear: 'nbits-4' }, fourBits)
  add('gpt, FastGelu', gptStyle({ activation: 'fast-gelu', norm: 'skip' }), tanh)
  add('gpt, Gelu by tanh', gptStyle({ opset: 20, activation: 'gelu-tanh-op' }), tanh)
  add('gpt, Tanh decomposed', gptStyle({ activation: 'gelu-tanh', norm: 'decomposed', obfuscated: true }), tanh)
  const quick = gptStyle({ activation: 'quick-gelu' })
  add('gpt, QuickGelu', gptStyle({ activation: 'quick-gelu', linear: 'gemm' }), quick)
  add('gpt, Relu', gptStyle({ activation: 'relu', linear: 'gemm' }), gptStyle({ activation: 'relu' }))
  for (const residual of ['post', 'sandwich', 'parallel'] as const) {
    const like = gptStyle({ residual })
    add(`gpt, ${residual}`, gptStyle({ residual, norm: 'decomposed', linear: 'unfolded', obfuscated: true }), like)
  }
  const encoder = gptStyle({ residual: 'post', causal: 'none', headTransform: true, masks: true })
  add('masked language model', { ...encoder, norm: 'decomposed', linear: 'gemm' }, encoder)
  llamaLike('llama, opset 11, not folded', {
    opset: 11,
    linear: 'unfolded',
    dynamicShapes: true,
    constantNodes: true,
    causal: 'buffer',
  })
  llamaLike('llama, fused gate and projections', { gateAndUp: 'fused', projections: 'fused' })
  llamaLike('llama, opset 18 with a cache', { opset: 18, ...past })
  llamaLike('llama, merged', { ...merged })
  llamaLike('llama, merged, names that say nothing', { ...merged, obfuscated: true, gateAndUp: 'fused' })
  llamaLike('llama, opset 23', { opset: 23, norm: 'op', rotary: 'op', attention: 'attention-23-split', masks: true })
  llamaLike('llama, GroupQueryAttention', { attention: 'group-query', norm: 'skip', ...past })
  llamaLike('llama, GroupQueryAttention of packed projections', {
    attention: 'group-query',
    projections: 'fused',
    gateAndUp: 'fused',
    norm: 'skip',
    ...past,
  })
  llamaLike('llama, GroupQueryAttention, names that say nothing', {
    attention: 'group-query',
    norm: 'skip',
    ...past,
    obfuscated: true,
  })
  llamaLike('llama, RotaryEmbedding of ONNX Runtime', { rotary: 'microsoft', norm: 'op', masks: true })
  llamaLike('llama, 4 bits, GroupQueryAttention', { linear: 'nbits-4', attention: 'group-query', ...past }, fourBits)
  llamaLike('llama, MatMulInteger, merged', { ...merged, linear: 'integer' }, eightBits)
  llamaLike('llama, 16 bits beside the model', { half: true, external: 'weights.bin', ...past }, halfPrecision)
  return styles
}
