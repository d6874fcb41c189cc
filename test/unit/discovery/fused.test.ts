import { expect, test } from 'vitest'
import { discoverModel } from '../../../src/core/discovery/discover.ts'
import type { DiscoveredModel } from '../../../src/core/discovery/discovered-model.ts'
import { parseModelGraph } from '../../../src/core/onnx/model-graph-parse.ts'
import { writeDecoder } from '../../support/onnx-builder/decoder-file.ts'
import { onnxTypes, writeModel, type FileGraph, type FileNode } from '../../support/onnx-builder/onnx-file.ts'
import { gptStyle } from '../../support/onnx-builder/style.ts'
import { MemorySource } from '../onnx/memory-source.ts'

const discover = (graph: FileGraph): DiscoveredModel =>
  discoverModel(parseModelGraph(new MemorySource(writeModel(graph, { opset: 17 }).bytes, 'model.onnx')))

const { float, int64, int8 } = onnxTypes
const floats = (name: string, dims: readonly number[]) => ({
  name,
  type: float,
  dims,
  bytes: new Uint8Array(4 * dims.reduce((product, size) => product * size, 1)),
})

test('a cache of keys and values in one tensor is found by the node that reads it', () => {
  const { graph, sites } = writeDecoder(gptStyle({ attention: 'microsoft' }))
  let layer = 0
  const nodes = graph.nodes.map((made): FileNode => {
    if (made.op !== 'Attention') return made
    const number = layer++
    return { ...made, inputs: [...made.inputs, '', `cache ${number}`], outputs: [...made.outputs, `next ${number}`] }
  })
  const dims = [2, 'batch', 4, 'past', 8]
  const caches = [0, 1].map((number) => ({ name: `cache ${number}`, type: float, dims }))
  const nexts = [0, 1].map((number) => ({ name: `next ${number}`, type: float, dims }))
  const found = discover({
    ...graph,
    nodes,
    inputs: [...graph.inputs, ...caches],
    outputs: [...graph.outputs, ...nexts],
  })
  expect(found.inputs.pastKeyValues).toEqual(
    [0, 1].map((number) => ({
      layer: number,
      kind: 'stacked',
      past: `cache ${number}`,
      present: `next ${number}`,
      type: float,
      dims,
      headCount: 4,
      headWidth: 8,
    })),
  )
  expect(found.sites.map(({ value }) => [value])).toEqual(sites.map(({ values }) => values))
})

test('EmbedLayerNormalization gives tokens, positions and kinds of token', () => {
  const style = gptStyle({ attention: 'microsoft', norm: 'skip', activation: 'bias-gelu' })
  const { graph, sites } = writeDecoder(style)
  const { width } = style.sizes
  const sum = graph.nodes.find(({ op }) => op === 'Add')!
  const embed: FileNode = {
    op: 'EmbedLayerNormalization',
    domain: 'com.microsoft',
    name: 'embed',
    inputs: ['input_ids', 'kinds', 'embedding', 'positions', 'kind table', 'gamma', 'beta'],
    outputs: [sum.outputs[0]!, 'mask index'],
    attributes: {},
  }
  const found = discover({
    ...graph,
    nodes: graph.nodes.map((made) => (made === sum ? embed : made)),
    tensors: [...graph.tensors, floats('kind table', [2, width]), floats('gamma', [width]), floats('beta', [width])],
    inputs: [...graph.inputs, { name: 'kinds', type: int64, dims: ['batch', 'sequence'] }],
  })
  expect(found.inputs).toMatchObject({ inputIds: 'input_ids', tokenTypeIds: { name: 'kinds' }, positionIds: null })
  expect([found.positions, found.contextLength]).toEqual(['learned', style.sizes.context])
  expect(found.sites.map(({ value }) => [value])).toEqual(sites.map(({ values }) => values))
})

test('neurons that are rounded on their way are those that the projection reads', () => {
  const { graph, sites } = writeDecoder(gptStyle())
  const { values, weights } = sites[1]!
  const rounding = (op: string, input: string, output: string): FileNode => ({
    op,
    domain: '',
    name: op,
    inputs: [input, 'scale', 'zero'],
    outputs: [output],
    attributes: {},
  })
  const nodes = graph.nodes.flatMap((made) => {
    if (made.inputs[1] !== weights[0]) return [made]
    return [
      rounding('QuantizeLinear', values[0]!, 'codes'),
      rounding('DequantizeLinear', 'codes', 'rounded'),
      { ...made, inputs: ['rounded', made.inputs[1]!] },
    ]
  })
  const zero = { name: 'zero', type: int8, dims: [], bytes: new Uint8Array(1) }
  const found = discover({ ...graph, nodes, tensors: [...graph.tensors, floats('scale', []), zero] })
  expect(found.sites[1]).toMatchObject({ site: 'mlp', layer: 0, width: 48, value: 'rounded', activation: 'gelu' })
  expect(found.sites.map(({ certainty }) => certainty)).toEqual(['certain', 'certain', 'certain', 'certain'])
})

test.each([
  ['gelu', 'gelu'],
  ['gelu-op', 'gelu'],
  ['gelu-tanh', 'gelu-tanh'],
  ['gelu-tanh-op', 'gelu-tanh'],
  ['fast-gelu', 'gelu-tanh'],
  ['bias-gelu', 'gelu'],
  ['quick-gelu', 'quick-gelu'],
  ['relu', 'relu'],
  ['silu', 'silu'],
] as const)('an MLP written with %s is told to have %s', (activation, told) => {
  const file = writeDecoder(gptStyle({ activation, opset: 20 }))
  const found = discoverModel(parseModelGraph(new MemorySource(file.bytes, 'model.onnx')))
  expect(found.sites.map((site) => site.activation)).toEqual([null, told, null, told])
})
