import { describe, expect, test } from 'vitest'
import { SnipError } from '../../../src/contract/failure.ts'
import { discoverModel } from '../../../src/core/discovery/discover.ts'
import type { DiscoveredModel } from '../../../src/core/discovery/discovered-model.ts'
import { parseModelGraph } from '../../../src/core/onnx/model-graph-parse.ts'
import { writeDecoder } from '../../support/onnx-builder/decoder-file.ts'
import { onnxTypes, writeModel, type FileGraph, type FileNode } from '../../support/onnx-builder/onnx-file.ts'
import { gptStyle, llamaStyle, type DecoderStyle } from '../../support/onnx-builder/style.ts'
import { MemorySource } from '../onnx/memory-source.ts'
import { resultOf } from '../onnx/mutations.ts'

const discover = (bytes: Uint8Array): DiscoveredModel =>
  discoverModel(parseModelGraph(new MemorySource(bytes, 'model.onnx')))

function refusalOf(graph: FileGraph, opset = 17): SnipError {
  const refused = resultOf(() => discover(writeModel(graph, { opset }).bytes))
  expect(refused).toBeInstanceOf(SnipError)
  const { kind, remedy } = refused as SnipError
  expect(kind).toBe('unsupported-model')
  expect(remedy).toMatch(/\.$/)
  return refused as SnipError
}

/** A decoder's graph in which the node that makes `value` is changed. */
function changed(style: DecoderStyle, value: string, change: (node: FileNode) => readonly FileNode[]): FileGraph {
  const { graph } = writeDecoder(style)
  expect(graph.nodes.filter(({ outputs }) => outputs.includes(value))).toHaveLength(1)
  return { ...graph, nodes: graph.nodes.flatMap((node) => (node.outputs.includes(value) ? change(node) : [node])) }
}

const node = (op: string, name: string, inputs: readonly string[], output: string, domain = ''): FileNode => ({
  op,
  domain,
  name,
  inputs,
  outputs: [output],
  attributes: {},
})

const plain = gptStyle()
const planted = writeDecoder(plain)
const [attention, mlp] = planted.sites

describe('a graph that cannot be proven names the node', () => {
  test('when an unknown operator makes neurons', () => {
    const value = mlp!.values[0]!
    const graph = changed(plain, value, (made) => [
      { ...made, outputs: ['before'] },
      node('Mystery', 'odd one', ['before'], value, 'com.example'),
    ])
    expect(refusalOf(graph).message).toMatch(
      /^model\.onnx: node "odd one" \(Mystery\) feeds the projection "\/MatMul_\d+"/,
    )
  })

  test('when neurons are mixed on their way to the projection', () => {
    const value = attention!.values[0]!
    const graph = changed(plain, value, (made) => [
      { ...made, outputs: ['before'] },
      { ...node('CumSum', 'mixes', ['before', 'ints_0'], value) },
    ])
    expect(refusalOf(graph).message).toMatch(/node "mixes" \(CumSum\) feeds the projection/)
  })

  test('when something unknown is added to the residual stream', () => {
    const last = planted.graph.nodes.findLast(({ op, inputs }) => op === 'LayerNormalization' && inputs.length === 3)!
    const stream = last.inputs[0]!
    const graph = changed(plain, stream, (made) => [
      { ...made, outputs: ['before'] },
      node('Scramble', 'experts', ['before'], stream, 'com.example'),
    ])
    expect(refusalOf(graph).message).toMatch(/node "experts" \(Scramble\) is part of the residual stream/)
  })

  test('when an adapter reads the same neurons as the weight it adapts', () => {
    const value = mlp!.values[0]!
    const { graph } = planted
    const product = graph.nodes.find(({ op, inputs }) => op === 'MatMul' && inputs[0] === value)!
    const adapted = changed(plain, product.outputs[0]!, (made) => [
      { ...made, outputs: ['base'] },
      node('MatMul', 'lora down', [value, made.inputs[1]!], 'down'),
      node('MatMul', 'lora up', ['down', '0.query.weight'], 'up'),
      node('Add', 'with adapter', ['base', 'up'], made.outputs[0]!),
    ])
    const { message, remedy } = refusalOf(adapted)
    expect(message).toMatch(/node ".*" \(MatMul\) and another projection read the same neurons/)
    expect(remedy).toMatch(/Merge adapters/)
  })

  test('when the branches of a merged decoder differ', () => {
    const file = writeDecoder(gptStyle({ cache: 'merged', masks: true }))
    const graph: FileGraph = {
      ...file.graph,
      nodes: file.graph.nodes.map((made) => {
        const other = made.attributes['else_branch'] as { graph: FileGraph }
        const nodes = other.graph.nodes.map((inner) =>
          inner.inputs.includes('0.down.weight') && inner.op === 'MatMul'
            ? { ...inner, inputs: [inner.outputs[0]!.replace(/.*/, 'swapped'), '0.out.weight'] }
            : inner,
        )
        const attended = other.graph.nodes.find((inner) => inner.inputs.includes('0.out.weight'))!.inputs[0]!
        const at = nodes.findIndex((inner) => inner.inputs[0] === 'swapped')
        const swapped = [...nodes.slice(0, at), node('Relu', 'swap', [attended], 'swapped'), ...nodes.slice(at)]
        return {
          ...made,
          attributes: { ...made.attributes, else_branch: { graph: { ...other.graph, nodes: swapped } } },
        }
      }),
    }
    expect(refusalOf(graph).message).toMatch(/its branches differ: node "\/MatMul_7" \(MatMul\) has no counterpart/)
  })
})

describe('what is no language model is told so', () => {
  test('a classifier of images', () => {
    const graph: FileGraph = {
      ...planted.graph,
      nodes: [node('Relu', '', ['image'], 'classes')],
      tensors: [],
      inputs: [{ name: 'image', type: onnxTypes.float, dims: ['batch', 3, 224, 224] }],
      outputs: [{ name: 'classes', type: onnxTypes.float, dims: ['batch', 1000] }],
    }
    expect(refusalOf(graph).message).toBe(
      'model.onnx: it is no language model: none of its inputs ("image") is token ids, integers [batch, sequence]',
    )
  })

  test('an encoder without a matrix of logits', () => {
    const { graph } = planted
    const top = graph.nodes.findLast(({ op }) => op === 'LayerNormalization')!.outputs[0]!
    const outputs = [{ name: top, type: onnxTypes.float, dims: ['batch', 'sequence', plain.sizes.width] }]
    expect(refusalOf({ ...graph, outputs }).message).toMatch(
      /no language model: no output is logits .*LayerNormalization/,
    )
  })

  test('a classifier of tokens', () => {
    const { sizes } = plain
    const { graph } = planted
    const few = { name: 'few', type: onnxTypes.float, dims: [sizes.width, 3], bytes: new Uint8Array(12 * sizes.width) }
    const made = graph.nodes.at(-2)!
    const nodes = [...graph.nodes.slice(0, -2), { ...made, inputs: [made.inputs[0]!, 'few'] }, graph.nodes.at(-1)!]
    const { message } = refusalOf({ ...graph, nodes, tensors: [...graph.tensors, few] })
    expect(message).toMatch(/no language model: it knows 61 tokens, but its output "logits" has 3 columns/)
  })

  test('a decoder that reads embeddings in place of token ids', () => {
    const { graph } = planted
    const rows = graph.nodes.find(({ op, inputs }) => op === 'Gather' && inputs[0] === 'embedding')!.outputs[0]!
    const nodes = graph.nodes.map((made) => (made.outputs[0] === rows ? { ...made, outputs: ['unused'] } : made))
    const inputs = [...graph.inputs, { name: rows, type: onnxTypes.float, dims: ['b', 's', plain.sizes.width] }]
    const { message } = refusalOf({ ...graph, nodes, inputs })
    expect(message).toMatch(/residual stream begins with ".*Gather.*", not with the embedding of token ids/)
  })

  test('a decoder that attends to another model', () => {
    const { graph } = planted
    const key = graph.nodes.find(({ op, inputs }) => op === 'MatMul' && inputs[1] === '0.key.weight')!
    const nodes = graph.nodes.map((made) => (made === key ? { ...made, inputs: ['encoded', made.inputs[1]!] } : made))
    const inputs = [...graph.inputs, { name: 'encoded', type: onnxTypes.float, dims: ['b', 's', plain.sizes.width] }]
    expect(refusalOf({ ...graph, nodes, inputs }).message).toMatch(/its input "encoded" is neither token ids, a mask/)
  })
})

describe('what the file does not say is not invented', () => {
  test('heads that only run time knows are null', () => {
    const style = gptStyle({ dynamicShapes: true })
    const { graph } = writeDecoder(style)
    const hidden = graph.nodes.map((made) =>
      made.op === 'Reshape' ? { ...made, inputs: [made.inputs[0]!, `${made.inputs[1]!}/hidden`] } : made,
    )
    // What a Reshape reads goes through an operator whose result nobody knows before it runs.
    const hides = graph.nodes.flatMap((made) =>
      made.op === 'Reshape' ? [node('NonZero', '', [made.inputs[1]!], `${made.inputs[1]!}/hidden`)] : [],
    )
    const unique = hides.filter((made, i) => hides.findIndex((other) => other.outputs[0] === made.outputs[0]) === i)
    const nodes = [...hidden, ...unique]
    const found = discover(writeModel({ ...graph, nodes }, { opset: 17 }).bytes)
    expect(found.sites.map(({ headCount }) => headCount)).toEqual([null, null, null, null])
    expect(found.sites.map(({ width }) => width)).toEqual([32, 48, 32, 48])
  })

  test('sizes that the file fixes are told', () => {
    const { graph } = planted
    const inputs = graph.inputs.map((input) => ({ ...input, dims: [1, 16] }))
    const found = discover(writeModel({ ...graph, inputs }, { opset: 17 }).bytes)
    expect([found.fixedBatch, found.fixedSequence, found.contextLength]).toEqual([1, 16, 16])
  })

  test.each([
    ['learned positions bound the context', gptStyle(), 'learned', 24, 'causal'],
    ['a stored mask of booleans is causal', gptStyle({ causal: 'buffer' }), 'learned', 24, 'causal'],
    ['rotation has no end', llamaStyle(), 'rotary', null, 'causal'],
    ['tables of cosines bound the context', llamaStyle({ rotary: 'microsoft', masks: true }), 'rotary', 24, 'causal'],
    ['an encoder is not known to be causal', gptStyle({ causal: 'none', masks: true }), 'learned', 24, 'unknown'],
  ] as const)('%s', (_, style, positions, contextLength, objective) => {
    const found = discover(writeDecoder(style).bytes)
    expect(found).toMatchObject({ positions, contextLength, objective })
  })

  test.each([
    ['matmul', false],
    ['nbits-8', false],
    ['dequantized', false],
    ['dynamic', true],
    ['integer', true],
  ] as const)('weights as %s: inputs are quantised at run time: %s', (linear, quantises) => {
    const found = discover(writeDecoder(gptStyle({ linear })).bytes)
    expect(found.quantisesActivations).toBe(quantises)
    expect(new Set(found.sites.map(({ projection }) => projection.quantisesActivations))).toEqual(new Set([quantises]))
  })
})

test('who else reads a weight is told', () => {
  const found = discover(planted.bytes)
  expect(found.sites.flatMap(({ projection }) => projection.sharedWith)).toEqual([])
  // The matrix of the logits is the embedding.
  const gather = planted.graph.nodes.findIndex(({ inputs }) => inputs[0] === 'embedding')
  expect(found.heads[0]!.sharedWith).toEqual([{ graph: 0, node: gather }])
  const merged = discover(writeDecoder(gptStyle({ cache: 'merged', masks: true })).bytes)
  for (const { projection, copies } of merged.sites) {
    expect(copies).toHaveLength(1)
    expect(projection.sharedWith).toEqual([{ graph: copies[0]!.graph, node: copies[0]!.projection.node }])
  }
})
