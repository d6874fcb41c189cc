import type { Site } from '../../../src/contract/neuron.ts'
import { attend, rotaryTables, type AttentionContext } from './attention-nodes.ts'
import { activate, floatType, layerNorm, sizeOf, split, unsqueeze, type Stream } from './block-nodes.ts'
import { decoderWeights } from './decoder-weights.ts'
import { GraphWriter } from './graph-writer.ts'
import { LinearNodes } from './linear-nodes.ts'
import { obfuscate } from './obfuscate.ts'
import { onnxTypes, writeModel, type FileGraph, type ModelFile } from './onnx-file.ts'
import type { DecoderStyle } from './style.ts'

/** What was planted: the input of each output projection and its weight, under the names of the file. */
export interface PlantedSite {
  readonly site: Site
  readonly layer: number
  readonly width: number
  /** One per branch of a merged decoder. */
  readonly values: readonly string[]
  readonly weights: readonly string[]
  readonly bias: string | null
}

export interface DecoderFile extends ModelFile {
  readonly style: DecoderStyle
  /** What was written, for tests that change it. */
  readonly graph: FileGraph
  readonly sites: readonly PlantedSite[]
  readonly logits: string
  readonly inputIds: string
  readonly rename: (name: string) => string
}

/** Writes a whole decoder in a style. Weights are seeded: two styles of one family and sizes compute the same logits. */
export function writeDecoder(style: DecoderStyle): DecoderFile {
  return new DecoderWriter(style).write()
}

interface Found {
  value: string
  weight: string
  bias: string | null
}

class DecoderWriter {
  readonly #style: DecoderStyle
  readonly #root: GraphWriter
  readonly #linears: LinearNodes
  readonly #found = new Map<string, Found[]>()

  constructor(style: DecoderStyle) {
    this.#style = style
    this.#root = new GraphWriter({ constantNodes: style.constantNodes })
    this.#linears = new LinearNodes(this.#root, style, decoderWeights(style.sizes))
  }

  write(): DecoderFile {
    const style = this.#style
    const root = this.#root
    const { sizes, cache } = style
    const hasPast = cache !== 'none'
    root.input('input_ids', onnxTypes.int64, ['batch_size', 'sequence_length'])
    if (style.masks || hasPast) root.input('attention_mask', onnxTypes.int64, ['batch_size', 'total_length'])
    if (style.masks) root.input('position_ids', onnxTypes.int64, ['batch_size', 'sequence_length'])
    const cacheDims = ['batch_size', sizes.keyValueHeads, 'past_length', sizes.headWidth]
    if (hasPast) {
      for (let layer = 0; layer < sizes.layers; layer++) {
        for (const kind of ['key', 'value']) {
          root.input(`past_key_values.${layer}.${kind}`, floatType(style), cacheDims)
        }
      }
    }
    const outputs = ['logits']
    if (hasPast) {
      for (let layer = 0; layer < sizes.layers; layer++) outputs.push(`present.${layer}.key`, `present.${layer}.value`)
    }
    if (cache === 'merged') {
      root.input('use_cache_branch', onnxTypes.bool, [1])
      const branch = (name: string, withPast: boolean): FileGraph => {
        const g = new GraphWriter({ name, constantNodes: style.constantNodes })
        const made = this.#decoder(g, withPast)
        const names = made.map((value, i) => g.node('Identity', [value], {}, `${outputs[i]!}/branch`))
        for (const value of names) g.output(value, onnxTypes.float, [])
        return { ...g.build(), outputs: names.map((value, i) => ({ name: value, ...this.#outputType(outputs[i]!) })) }
      }
      const otherwise = branch('no_past', false)
      const cached = branch('with_past', true)
      const attributes = { then_branch: { graph: cached }, else_branch: { graph: otherwise } }
      root.many('If', ['use_cache_branch'], outputs.length, attributes, outputs)
    } else {
      const made = this.#decoder(root, hasPast)
      for (const [i, value] of made.entries()) root.node('Identity', [value], {}, outputs[i])
    }
    for (const name of outputs) {
      const { type, dims } = this.#outputType(name)
      root.output(name, type, dims)
    }
    return this.#finish(root.build())
  }

  #outputType(name: string): { type: number; dims: readonly (number | string)[] } {
    const { sizes } = this.#style
    if (name === 'logits') {
      return { type: onnxTypes.float, dims: ['batch_size', 'sequence_length', sizes.vocabulary] }
    }
    return { type: floatType(this.#style), dims: ['batch_size', sizes.keyValueHeads, 'new_length', sizes.headWidth] }
  }

  #finish(graph: FileGraph): DecoderFile {
    const style = this.#style
    const { graph: named, rename } = style.obfuscated
      ? obfuscate(graph)
      : { graph, rename: (name: string): string => name }
    const { sizes } = style
    const sites: PlantedSite[] = []
    for (let layer = 0; layer < sizes.layers; layer++) {
      for (const site of ['attention', 'mlp'] as const) {
        const found = this.#found.get(`${site}.${layer}`)!
        const bias = found[0]!.bias
        sites.push({
          site,
          layer,
          width: site === 'mlp' ? sizes.inner : sizes.heads * sizes.headWidth,
          values: found.map(({ value }) => rename(value)),
          weights: found.map(({ weight }) => rename(weight)),
          bias: bias === null ? null : rename(bias),
        })
      }
    }
    const file = writeModel(named, {
      opset: style.opset,
      irVersion: style.opset >= 23 ? 11 : style.opset >= 19 ? 9 : 8,
      metadata: style.metadata,
      ...(style.external === null ? {} : { external: style.external }),
    })
    return { ...file, style, graph: named, sites, logits: rename('logits'), inputIds: rename('input_ids'), rename }
  }

  /** Logits, then keys and values of each layer when there is a cache. */
  #decoder(g: GraphWriter, withPast: boolean): string[] {
    const style = this.#style
    const linears = this.#linears
    const { sizes } = style
    const ids = 'input_ids'
    const sequence = sizeOf(g, style, ids, 1)
    const pastLength = withPast ? sizeOf(g, style, 'past_key_values.0.key', 2) : null
    const total = pastLength === null ? sequence : g.node('Add', [pastLength, sequence])
    const scalar = (size: string) => g.node('Squeeze', style.opset >= 13 ? [size, g.ints([0])] : [size])
    const range = (from: string, to: string) => g.node('Range', [from, to, g.int(1)])
    const queries = range(pastLength === null ? g.int(0) : scalar(pastLength), scalar(total))
    const positionIds = style.masks ? 'position_ids' : unsqueeze(g, style, queries, [0])
    const c: AttentionContext = {
      g,
      style,
      linears,
      pastLength,
      positionIds,
      bias: this.#attentionBias(g, queries, range(g.int(0), scalar(total)), pastLength, total),
      ...this.#positionInputs(g, positionIds),
    }
    let x = g.node('Gather', [linears.plain('embedding'), ids], { axis: 0 })
    if (style.family === 'gpt') {
      x = g.node('Add', [x, g.node('Gather', [linears.plain('positions'), positionIds], { axis: 0 })])
    }
    let stream: Stream = { value: x, pending: null }
    const caches: string[] = []
    for (let layer = 0; layer < sizes.layers; layer++) {
      const made = this.#block(c, stream, layer)
      stream = made.stream
      if (style.cache !== 'none') caches.push(made.presentKey!, made.presentValue!)
    }
    let top = style.residual === 'post' ? stream.value : layerNorm(g, style, linears, 'finalNorm', stream).normed
    if (style.headTransform) {
      const dense = linears.linear(g, top, ['headDense'], true).result
      const active = activate(g, style, dense, null)
      top = layerNorm(g, style, linears, 'headNorm', { value: active, pending: null }).normed
    }
    const head = g.node('Transpose', [linears.plain('embedding')], { perm: [1, 0] })
    const logits = g.node('MatMul', [top, head])
    return [style.half ? g.node('Cast', [logits], { to: onnxTypes.float }) : logits, ...caches]
  }

  #block(c: AttentionContext, stream: Stream, layer: number) {
    const { g, style, linears } = c
    const isPost = style.residual === 'post'
    const first = isPost
      ? { normed: stream.value, sum: stream.value }
      : layerNorm(g, style, linears, `${layer}.attentionNorm`, stream)
    const mixed = attend(c, first.normed, layer)
    if (style.residual === 'parallel') {
      const other = layerNorm(g, style, linears, `${layer}.mlpNorm`, { value: first.sum, pending: null })
      const attended = this.#project(g, 'attention', layer, mixed.value, 'out')
      const fed = this.#project(g, 'mlp', layer, this.#neurons(c, other.normed, layer), 'down')
      const both = g.node('Add', [attended.value, fed.value])
      return { ...mixed, stream: { value: g.node('Add', [both, first.sum]), pending: null } }
    }
    let middle = this.#add(c, first.sum, this.#project(g, 'attention', layer, mixed.value, 'out'), layer, 'attention')
    let input: string
    if (isPost) {
      input = layerNorm(g, style, linears, `${layer}.attentionNorm`, middle).normed
      middle = { value: input, pending: null }
    } else {
      const second = layerNorm(g, style, linears, `${layer}.mlpNorm`, middle)
      input = second.normed
      middle = { value: second.sum, pending: null }
    }
    const neurons = this.#neurons(c, input, layer)
    const after = this.#add(c, middle.value, this.#project(g, 'mlp', layer, neurons, 'down'), layer, 'mlp')
    if (!isPost) return { ...mixed, stream: after }
    const { normed } = layerNorm(g, style, linears, `${layer}.mlpNorm`, after)
    return { ...mixed, stream: { value: normed, pending: null } }
  }

  #neurons(c: AttentionContext, x: string, layer: number): string {
    const { g, style, linears } = c
    if (style.family === 'gpt') {
      const fuses = style.activation === 'bias-gelu' || style.activation === 'fast-gelu'
      const up = linears.linear(g, x, [`${layer}.up`], !fuses).result
      return activate(g, style, up, fuses ? linears.plain(`${layer}.up.bias`) : null)
    }
    if (style.gateAndUp === 'fused') {
      const { inner } = style.sizes
      const both = linears.linear(g, x, [`${layer}.gate`, `${layer}.up`], false).result
      const [gate, up] = split(g, style, both, [inner, inner])
      return g.node('Mul', [up!, activate(g, style, gate!, null)])
    }
    const gate = activate(g, style, linears.linear(g, x, [`${layer}.gate`], false).result, null)
    return g.node('Mul', [gate, linears.linear(g, x, [`${layer}.up`], false).result])
  }

  #project(g: GraphWriter, site: Site, layer: number, value: string, role: 'out' | 'down') {
    const style = this.#style
    const name = `${layer}.${role}`
    const hasBias = style.family === 'gpt'
    const isApart = style.norm === 'skip' && style.residual === 'pre'
    const made = this.#linears.linear(g, value, [name], hasBias && !isApart)
    const bias = hasBias && isApart ? this.#linears.plain(`${name}.bias`) : made.bias
    const key = `${site}.${layer}`
    const found = this.#found.get(key) ?? []
    found.push({ value: this.#lastInput(g, made.weight, value), weight: made.weight, bias })
    this.#found.set(key, found)
    return { value: made.result, bias: isApart ? bias : null }
  }

  /** What the node that multiplies reads: the neurons themselves, or the same flattened. */
  #lastInput(g: GraphWriter, weight: string, value: string): string {
    const gemm = g.nodes.findLast((node) => node.op === 'Gemm' && node.inputs[1] === weight)
    return gemm ? gemm.inputs[0]! : value
  }

  #add(
    c: AttentionContext,
    stream: string,
    made: { value: string; bias: string | null },
    layer: number,
    site: Site,
  ): Stream {
    const { g, style, linears } = c
    if (style.norm === 'skip') return { value: stream, pending: made }
    let { value } = made
    if (style.residual === 'sandwich') {
      const name = site === 'mlp' ? `${layer}.afterMlp` : `${layer}.afterAttention`
      value = layerNorm(g, style, linears, name, { value, pending: null }).normed
    }
    return { value: g.node('Add', [stream, value]), pending: null }
  }

  #positionInputs(g: GraphWriter, positionIds: string) {
    const style = this.#style
    if (style.family === 'gpt') return { cos: null, sin: null, lastPositions: null, totalLength: null }
    const [cos, sin] = rotaryTables(g, style, positionIds)
    if (style.attention !== 'group-query') return { cos, sin, lastPositions: null, totalLength: null }
    const int32 = { to: onnxTypes.int32 }
    const axes = style.opset >= 13 ? ['attention_mask', g.ints([1])] : ['attention_mask']
    const sums = g.node('ReduceSum', axes, { keepdims: 0, ...(style.opset >= 13 ? {} : { axes: [1] }) })
    const lastPositions = g.node('Cast', [g.node('Sub', [sums, g.ints([1])])], int32)
    const size = g.node('Gather', [g.node('Shape', ['attention_mask']), g.int(1)], { axis: 0 })
    return { cos, sin, lastPositions, totalLength: g.node('Cast', [size], int32) }
  }

  /** Null when the attention node masks by itself. */
  #attentionBias(g: GraphWriter, queries: string, keys: string, pastLength: string | null, total: string) {
    const style = this.#style
    const isFused = style.attention !== 'plain'
    if (style.attention === 'group-query' || (isFused && !style.masks && pastLength === null)) return null
    const { context } = style.sizes
    let seen: string | null = null
    const sequence = sizeOf(g, style, 'input_ids', 1)
    if (style.causal === 'range') {
      seen = g.node('LessOrEqual', [unsqueeze(g, style, keys, [0]), unsqueeze(g, style, queries, [1])])
    } else if (style.causal === 'buffer') {
      const bytes = Uint8Array.from({ length: context * context }, (_, i) => (i % context <= i / context ? 1 : 0))
      const table = g.tensor({ name: 'causal', type: onnxTypes.bool, dims: [1, 1, context, context], bytes })
      const rows = g.node('Slice', [table, pastLength ?? g.ints([0]), total, g.ints([2])])
      seen = g.node('Slice', [rows, g.ints([0]), total, g.ints([3])])
    } else if (style.causal === 'trilu') {
      const shape = g.node('Concat', [sequence, total], { axis: 0 })
      const one = { name: '', type: onnxTypes.float, dims: [1], bytes: new Uint8Array(Float32Array.of(1).buffer) }
      const ones = g.node('ConstantOfShape', [shape], { value: { tensor: one } })
      const inputs = pastLength === null ? [ones] : [ones, g.node('Squeeze', [pastLength, g.ints([0])])]
      seen = g.node('Cast', [g.node('Trilu', inputs, { upper: 0 })], { to: onnxTypes.bool })
    }
    const { half } = style
    const lowest = half ? -60000 : -1e9
    let bias = seen === null ? null : g.node('Where', [seen, g.float(0, half), g.float(lowest, half)])
    if (bias !== null && style.causal !== 'buffer') bias = unsqueeze(g, style, bias, [0, 1])
    if (style.masks || pastLength !== null || style.cache !== 'none') {
      const wide = g.node('Cast', [unsqueeze(g, style, 'attention_mask', [1, 2])], { to: floatType(style) })
      const closed = g.node('Mul', [g.node('Sub', [g.float(1, half), wide]), g.float(lowest / 2, half)])
      bias = bias === null ? closed : g.node('Add', [bias, closed])
    }
    if (bias !== null && isFused) {
      const batch = sizeOf(g, style, 'input_ids', 0)
      const shape = g.node('Concat', [batch, g.ints([style.sizes.heads]), sequence, total], { axis: 0 })
      bias = g.node('Expand', [bias, shape])
    }
    return bias
  }
}
