import { floatType, sizeOf, split, unsqueeze } from './block-nodes.ts'
import type { GraphWriter } from './graph-writer.ts'
import type { LinearNodes } from './linear-nodes.ts'
import { onnxTypes } from './onnx-file.ts'
import type { DecoderStyle } from './style.ts'

/** What all layers of one graph share. */
export interface AttentionContext {
  readonly g: GraphWriter
  readonly style: DecoderStyle
  readonly linears: LinearNodes
  /** [1] */
  readonly pastLength: string | null
  readonly positionIds: string
  /** float [batch or 1, 1, sequence, total], 0 or very negative; null when the node masks itself. */
  readonly bias: string | null
  /** [1, 1, sequence, total] bool, for the style that selects. */
  readonly cos: string | null
  readonly sin: string | null
  /** int32, for GroupQueryAttention. */
  readonly lastPositions: string | null
  readonly totalLength: string | null
}

export interface Mixed {
  /** Input of the output projection. */
  readonly value: string
  readonly presentKey: string | null
  readonly presentValue: string | null
}

export function attend(c: AttentionContext, x: string, layer: number): Mixed {
  const { g, style, linears } = c
  const { heads, keyValueHeads, headWidth } = style.sizes
  const names = [`${layer}.query`, `${layer}.key`, `${layer}.value`]
  const hasBias = style.family === 'gpt'
  if (style.attention === 'microsoft') {
    const whole = linears.packed(names)
    const value = g.microsoft('Attention', [x, whole.weight, whole.bias], { num_heads: heads, unidirectional: 1 })
    return { value, presentKey: null, presentValue: null }
  }
  let q: string
  let k: string
  let v: string
  const isPacked = style.projections === 'fused' && style.attention === 'group-query'
  if (isPacked) {
    q = linears.linear(g, x, names, hasBias).result
    ;[k, v] = ['', '']
  } else if (style.projections === 'fused') {
    const sizes = [heads, keyValueHeads, keyValueHeads].map((count) => count * headWidth)
    const all = linears.linear(g, x, names, hasBias).result
    const parts = split(g, style, all, sizes)
    ;[q, k, v] = [parts[0]!, parts[1]!, parts[2]!]
  } else {
    q = linears.linear(g, x, [names[0]!], hasBias).result
    k = linears.linear(g, x, [names[1]!], hasBias).result
    v = linears.linear(g, x, [names[2]!], hasBias).result
  }
  const isCached = c.pastLength !== null
  const past = isCached ? [`past_key_values.${layer}.key`, `past_key_values.${layer}.value`] : ['', '']
  const scale = { float: 1 / Math.sqrt(headWidth) }
  if (style.attention === 'group-query') {
    const [value, presentKey, presentValue] = g.many(
      'GroupQueryAttention',
      [q, k, v, ...past, c.lastPositions!, c.totalLength!, c.cos!, c.sin!],
      3,
      { num_heads: heads, kv_num_heads: keyValueHeads, do_rotary: 1, scale },
      undefined,
      'com.microsoft',
    )
    return { value: value!, presentKey: presentKey!, presentValue: presentValue! }
  }
  if (style.attention === 'multi-head') {
    const inputs = [q, k, v, '', '', c.bias ?? '', ...past]
    while (inputs[inputs.length - 1] === '') inputs.pop()
    const attributes = { num_heads: heads, scale, ...(c.bias === null ? { unidirectional: 1 } : {}) }
    const outputs = g.many('MultiHeadAttention', inputs, isCached ? 3 : 1, attributes, undefined, 'com.microsoft')
    return { value: outputs[0]!, presentKey: outputs[1] ?? null, presentValue: outputs[2] ?? null }
  }
  if (style.attention === 'attention-23' && c.cos === null) {
    const inputs = c.bias === null ? [q, k, v] : [q, k, v, c.bias]
    if (isCached) inputs.push(...past)
    const attributes = { q_num_heads: heads, kv_num_heads: keyValueHeads, scale }
    const causal = c.bias === null ? { is_causal: 1 } : {}
    const outputs = g.many('Attention', inputs, isCached ? 3 : 1, { ...attributes, ...causal })
    return { value: outputs[0]!, presentKey: outputs[1] ?? null, presentValue: outputs[2] ?? null }
  }
  let query = splitHeads(c, q, heads)
  let key = splitHeads(c, k, keyValueHeads)
  let value = splitHeads(c, v, keyValueHeads)
  if (c.cos !== null) {
    query = rotate(c, query)
    key = rotate(c, key)
  }
  if (isCached && style.attention === 'plain') {
    key = g.node('Concat', [past[0]!, key], { axis: -2 }, `present.${layer}.key/inner`)
    value = g.node('Concat', [past[1]!, value], { axis: -2 }, `present.${layer}.value/inner`)
  }
  const presentKey = style.cache === 'none' ? null : key
  const presentValue = style.cache === 'none' ? null : value
  let mixed: string
  if (style.attention === 'plain') {
    if (keyValueHeads < heads) {
      key = repeat(c, key)
      value = repeat(c, value)
    }
    const products = g.node('MatMul', [query, g.node('Transpose', [key], { perm: [0, 1, 3, 2] })])
    let scores = g.node('Div', [products, g.float(Math.sqrt(headWidth), style.half)])
    if (c.bias !== null) scores = g.node('Add', [scores, c.bias])
    mixed = g.node('MatMul', [g.node('Softmax', [scores], { axis: style.opset < 13 ? 3 : -1 }), value])
  } else {
    const inputs = c.bias === null ? [query, key, value] : [query, key, value, c.bias]
    mixed = g.node('Attention', inputs, c.bias === null ? { is_causal: 1 } : {})
  }
  const joined = g.node('Transpose', [mixed], { perm: [0, 2, 1, 3] })
  const shape = style.dynamicShapes
    ? g.node('Concat', [sizeOf(g, style, joined, 0), sizeOf(g, style, joined, 1), g.ints([heads * headWidth])], {
        axis: 0,
      })
    : g.ints([0, 0, heads * headWidth])
  return { value: g.node('Reshape', [joined, shape]), presentKey, presentValue }
}

function splitHeads(c: AttentionContext, x: string, count: number): string {
  const { g, style } = c
  const { headWidth } = style.sizes
  const shape = style.dynamicShapes
    ? g.node('Concat', [sizeOf(g, style, x, 0), sizeOf(g, style, x, 1), g.ints([count]), g.ints([headWidth])], {
        axis: 0,
      })
    : g.ints([0, 0, count, headWidth])
  return g.node('Transpose', [g.node('Reshape', [x, shape])], { perm: [0, 2, 1, 3] })
}

function rotate(c: AttentionContext, x: string): string {
  const { g, style } = c
  const { headWidth } = style.sizes
  if (style.rotary === 'microsoft') {
    return g.microsoft('RotaryEmbedding', [x, c.positionIds, c.cos!, c.sin!])
  }
  if (style.rotary === 'op') return g.node('RotaryEmbedding', [x, c.cos!, c.sin!, c.positionIds])
  const half = headWidth / 2
  const part = (from: number, to: number) => g.node('Slice', [x, g.ints([from]), g.ints([to]), g.ints([3])])
  const turned = g.node('Concat', [g.node('Neg', [part(half, 2 ** 53 - 1)]), part(0, half)], { axis: -1 })
  return g.node('Add', [g.node('Mul', [x, c.cos!]), g.node('Mul', [turned, c.sin!])])
}

/** Each key-value head as often as query heads read it. */
function repeat(c: AttentionContext, x: string): string {
  const { g, style } = c
  const { heads, keyValueHeads, headWidth } = style.sizes
  const wide = unsqueeze(g, style, x, [2])
  const copies = g.ints([1, 1, heads / keyValueHeads, 1, 1])
  const expanded = g.node('Expand', [wide, copies])
  return g.node('Reshape', [expanded, g.ints([0, heads, -1, headWidth])])
}

/** Tables of cosines and sines [context, head width / 2], or the angles of the given positions for plain nodes. */
export function rotaryTables(g: GraphWriter, style: DecoderStyle, positionIds: string): [cos: string, sin: string] {
  const { headWidth, context } = style.sizes
  const half = headWidth / 2
  const frequencies = Float32Array.from({ length: half }, (_, i) => 10000 ** (-i / half))
  if (style.rotary === 'plain' && style.attention !== 'group-query') {
    const inverse = g.tensor({
      name: 'inv_freq',
      type: onnxTypes.float,
      dims: [1, 1, half],
      bytes: new Uint8Array(frequencies.buffer),
      small: true,
    })
    const positions = g.node('Cast', [unsqueeze(g, style, positionIds, [2])], { to: onnxTypes.float })
    const angles = g.node('Mul', [positions, inverse])
    const both = g.node('Concat', [angles, angles], { axis: -1 })
    const table = (op: 'Cos' | 'Sin') => {
      const made = unsqueeze(g, style, g.node(op, [both]), [1])
      return style.half ? g.node('Cast', [made], { to: floatType(style) }) : made
    }
    return [table('Cos'), table('Sin')]
  }
  const table = (of: (angle: number) => number) =>
    Float32Array.from({ length: context * half }, (_, i) => of(Math.floor(i / half) * frequencies[i % half]!))
  return [
    g.weight('cos_cache', table(Math.cos), [context, half], style.half),
    g.weight('sin_cache', table(Math.sin), [context, half], style.half),
  ]
}
