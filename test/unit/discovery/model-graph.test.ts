import { describe, expect, test } from 'vitest'
import { SnipError } from '../../../src/contract/failure.ts'
import { discoverModel } from '../../../src/core/discovery/discover.ts'
import { parseModelGraph } from '../../../src/core/onnx/model-graph-parse.ts'
import type { ModelGraph } from '../../../src/core/onnx/model-graph.ts'
import { createRandom } from '../../../src/core/stats/random.ts'
import { writeDecoder } from '../../support/onnx-builder/decoder-file.ts'
import { GraphWriter } from '../../support/onnx-builder/graph-writer.ts'
import { onnxTypes, writeModel, type FileGraph, type FileTensor } from '../../support/onnx-builder/onnx-file.ts'
import { gptStyle, llamaStyle } from '../../support/onnx-builder/style.ts'
import { MemorySource } from '../onnx/memory-source.ts'
import { mutated, resultOf } from '../onnx/mutations.ts'

const parse = (bytes: Uint8Array): ModelGraph => parseModelGraph(new MemorySource(bytes, 'file.onnx'))

const small = {
  ...gptStyle().sizes,
  layers: 1,
  width: 16,
  heads: 2,
  headWidth: 8,
  inner: 20,
  vocabulary: 13,
  keyValueHeads: 2,
}

describe('the structure of a file', () => {
  const file = writeDecoder(
    llamaStyle({ cache: 'merged', masks: true, sizes: { ...small, keyValueHeads: 1 }, metadata: { note: 'größer' } }),
  )
  const source = new MemorySource(file.bytes, 'file.onnx')
  const model = parseModelGraph(source)
  const main = model.graphs[0]!

  test('has its main graph first, then the branches with the node that chooses them', () => {
    expect(model.graphs.map(({ id, parent }) => [id, parent])).toEqual([
      [0, null],
      [1, { graph: 0, node: 0, attribute: 'then_branch' }],
      [2, { graph: 0, node: 0, attribute: 'else_branch' }],
    ])
    expect(main.inputs.map(({ name }) => name)).toEqual([
      'input_ids',
      'attention_mask',
      'position_ids',
      'past_key_values.0.key',
      'past_key_values.0.value',
      'use_cache_branch',
    ])
    expect(main.outputs[0]).toMatchObject({ name: 'logits', type: 1, dims: ['batch_size', 'sequence_length', 13] })
    expect([model.irVersion, model.opsets.get(''), model.metadata.get('note')]).toEqual([8, 17, 'größer'])
  })

  test('has ranges that together are the file, and contents inside them', () => {
    let at = 0
    for (const { range, content } of model.fields) {
      expect(range.from).toBe(at)
      expect(content.to).toBeLessThanOrEqual(range.to)
      at = range.to
    }
    expect(at).toBe(file.bytes.length)
    for (const body of model.graphs) {
      for (const node of body.nodes) {
        expect(node.range.from).toBeGreaterThanOrEqual(body.content.from)
        expect(node.range.to).toBeLessThanOrEqual(body.content.to)
      }
    }
  })

  test('knows where the numbers of a weight are', () => {
    const weight = main.initializers.get('0.down.weight')!
    expect([weight.type, ...weight.dims]).toEqual([1, 20, 16])
    const place = weight.place as { kind: 'raw'; offset: number; byteLength: number }
    expect([place.kind, place.byteLength]).toEqual(['raw', 4 * 20 * 16])
    const numbers = new Float32Array(source.read(place.offset, place.byteLength).slice().buffer)
    expect(numbers.every((value) => Number.isFinite(value) && Math.abs(value) < 2)).toBe(true)
    expect(weight.values).toBeNull()
    expect(model.graphs[1]!.initializers.get('ints_-1')?.values ?? [-1]).toEqual([-1])
  })

  test('has nodes in an order in which they can be computed, whatever the order of the file', () => {
    const g = new GraphWriter()
    g.input('x', onnxTypes.float, [1])
    g.nodes.push(
      { op: 'Relu', domain: '', name: 'second', inputs: ['y'], outputs: ['z'], attributes: {} },
      { op: 'Neg', domain: 'ai.onnx', name: 'first', inputs: ['x'], outputs: ['y'], attributes: {} },
    )
    g.output('z', onnxTypes.float, [1])
    const [body] = parse(writeModel(g.build(), { opset: 17 }).bytes).graphs
    expect(body!.order).toEqual([1, 0])
    expect(body!.nodes.map(({ domain }) => domain)).toEqual(['', ''])
  })

  test('keeps negative numbers, and the largest there is', () => {
    const g = new GraphWriter()
    g.input('x', onnxTypes.float, [1])
    g.node('Slice', ['x'], { starts: [-1], ends: [Number.MAX_SAFE_INTEGER], axes: [-2] }, 'y')
    g.node('Softmax', ['y'], { axis: -1 }, 'z')
    const { nodes } = parse(writeModel(g.build(), { opset: 9 }).bytes).graphs[0]!
    expect(nodes[0]!.attributes.get('starts')).toMatchObject({ kind: 'ints', value: [-1] })
    expect(nodes[0]!.attributes.get('ends')).toMatchObject({ value: [Number.MAX_SAFE_INTEGER] })
    expect(nodes[1]!.attributes.get('axis')).toMatchObject({ kind: 'int', value: -1 })
  })

  test('steps over weights', () => {
    const large = writeDecoder(gptStyle({ sizes: { ...small, vocabulary: 40_000 } }))
    const counted = new MemorySource(large.bytes, 'large.onnx')
    parseModelGraph(counted)
    expect(large.bytes.length).toBeGreaterThan(2_500_000)
    expect(counted.bytesRead).toBeLessThan(400_000)
  })
})

const float = (name: string, dims: readonly number[], bytes: number): FileTensor => ({
  name,
  type: onnxTypes.float,
  dims,
  bytes: new Uint8Array(bytes),
})

/** A graph of one Relu, changed. */
function oneNode(change: (g: GraphWriter) => void): FileGraph {
  const g = new GraphWriter()
  g.input('x', onnxTypes.float, [1])
  change(g)
  g.node('Relu', ['x'], {}, 'end')
  g.output('end', onnxTypes.float, [1])
  return g.build()
}

function nested(depth: number): FileGraph {
  const g = new GraphWriter({ name: `g${depth}` })
  if (depth === 0) g.node('Relu', ['x'], {}, 'inner')
  else g.many('If', ['x'], 1, { then_branch: { graph: nested(depth - 1) } }, [`v${depth}`])
  return g.build()
}

describe('a hostile file', () => {
  test.each([
    [
      'a cycle',
      oneNode((g) => {
        g.node('Neg', ['b'], {}, 'a')
        g.node('Neg', ['a'], {}, 'b')
      }),
      /node "\/Neg_0" \(Neg\) depends on its own result/,
    ],
    [
      'a cycle through the body of an If',
      oneNode((g) => {
        const body = new GraphWriter()
        body.node('Neg', ['loop'], {}, 'inside')
        body.output('inside', onnxTypes.float, [1])
        g.many('If', ['x'], 1, { then_branch: { graph: body.build() } }, ['loop'])
      }),
      /\(If\) depends on its own result/,
    ],
    ['a value that nothing makes', oneNode((g) => g.node('Neg', ['nothing'])), /reads "nothing", which nothing makes/],
    ['a value made twice', oneNode((g) => g.node('Neg', ['x'], {}, 'x')), /makes "x" a second time/],
    [
      'two tensors of a name',
      { ...oneNode(() => {}), tensors: [float('w', [1], 4), float('w', [1], 4)] },
      /two tensors "w"/,
    ],
    ['sizes that overflow', { ...oneNode(() => {}), tensors: [float('w', [2 ** 31, 2 ** 31], 4)] }, /are too large/],
    [
      'a weight shorter than its sizes',
      { ...oneNode(() => {}), tensors: [float('w', [4], 12)] },
      /12 bytes, its sizes ask for 16/,
    ],
    [
      'graphs in graphs',
      oneNode((g) => g.many('If', ['x'], 1, { then_branch: { graph: nested(40) } })),
      /more than 16 deep/,
    ],
    [
      'thousands of graphs',
      oneNode((g) => {
        for (let i = 0; i < 5000; i++) g.many('If', ['x'], 1, { then_branch: { graph: nested(0) } })
      }),
      /more than 4096 graphs/,
    ],
  ])('with %s is refused', (_, graph, says) => {
    const refused = resultOf(() => parse(writeModel(graph, { opset: 17 }).bytes))
    expect(refused).toBeInstanceOf(SnipError)
    expect((refused as SnipError).kind).toBe('bad-model')
    expect((refused as SnipError).message).toMatch(says)
  })

  test('cannot write control characters into a message', () => {
    const graph = oneNode((g) => g.node('Neg', ['a\u0007\u001b[31m\u202ename']))
    const refused = resultOf(() => parse(writeModel(graph, { opset: 17 }).bytes)) as SnipError
    expect(refused.message).toContain('reads "a\\u{7}\\u{1b}[31m\\u{202e}name", which nothing makes')
  })

  test('of a million small nodes is refused before they fill memory', () => {
    const node = [0x0a, 0x03, 0x22, 0x01, 0x41]
    const count = 1_000_100
    const length = node.length * count
    // The field of the graph: its tag, its length as a varint.
    const header = [0x3a, ...[0, 7, 14, 21].map((shift) => ((length >> shift) & 0x7f) | (shift < 21 ? 0x80 : 0))]
    const bytes = new Uint8Array(header.length + length)
    bytes.set(header)
    for (let i = 0; i < count; i++) bytes.set(node, header.length + i * node.length)
    const refused = resultOf(() => parse(bytes)) as SnipError
    expect(refused.message).toMatch(/too many parts/)
  })

  const { bytes } = writeDecoder(
    llamaStyle({ cache: 'merged', sizes: { ...small, keyValueHeads: 1 }, obfuscated: true }),
  )

  test('cut off anywhere is refused or is a part of the whole', () => {
    let parsed = 0
    for (let length = 0; length < bytes.length; length += 5) {
      if (!(resultOf(() => parse(bytes.subarray(0, length))) instanceof SnipError)) parsed++
    }
    // Only the operator sets at the end can be missing.
    expect(parsed).toBeLessThan(10)
  })

  test('with 1,000 seeded changes is refused by kind, or is a model in which something is found', () => {
    const random = createRandom(11)
    const kinds = new Set<string>()
    let refused = 0
    for (let round = 0; round < 1000; round++) {
      const result = resultOf(() => discoverModel(parse(mutated(bytes, random))))
      if (!(result instanceof SnipError)) continue
      refused++
      kinds.add(result.kind)
    }
    expect([...kinds].toSorted()).toEqual(['bad-model', 'unsupported-model'])
    expect(refused).toBeGreaterThan(300)
  })
})
