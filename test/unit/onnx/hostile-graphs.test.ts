import { describe, expect, test } from 'vitest'
import { SnipError } from '../../../src/contract/failure.ts'
import { discoverModel } from '../../../src/core/discovery/discover.ts'
import { parseModelGraph } from '../../../src/core/onnx/model-graph-parse.ts'
import { scanModel } from '../../../src/core/onnx/model-scanner.ts'
import type { ByteSource } from '../../../src/core/onnx/tensor-index.ts'
import { writeDecoder } from '../../support/onnx-builder/decoder-file.ts'
import { onnxTypes, writeModel, type FileGraph, type FileNode } from '../../support/onnx-builder/onnx-file.ts'
import { gptStyle } from '../../support/onnx-builder/style.ts'
import { MemorySource } from './memory-source.ts'
import { resultOf } from './mutations.ts'
import { bytesOfTree, message, packed, text, varint, type ProtoField } from './proto-tree.ts'
import { refusalFault } from './refusal-fault.ts'

const patience = { timeout: 60_000 }

const node = (op: string, inputs: readonly string[], outputs: readonly string[]): FileNode => ({
  op,
  domain: '',
  name: '',
  inputs,
  outputs,
  attributes: {},
})

const planted = writeDecoder(
  gptStyle({
    sizes: {
      ...gptStyle().sizes,
      layers: 1,
      width: 8,
      heads: 2,
      headWidth: 4,
      inner: 10,
      vocabulary: 11,
      keyValueHeads: 2,
    },
  }),
)

/** The decoder with nodes between a value and those that read it. */
function between(value: string, nodes: (from: string, to: string) => readonly FileNode[]): FileGraph {
  const moved = planted.graph.nodes.map((made) => ({
    ...made,
    outputs: made.outputs.map((output) => (output === value ? 'hostile/from' : output)),
  }))
  return { ...planted.graph, nodes: [...moved, ...nodes('hostile/from', value)] }
}

/** What becomes of a graph: the number of sites, or the refusal, which must be fit to be shown. */
function outcome(graph: FileGraph): number | SnipError {
  const { bytes: file } = writeModel(graph, { opset: 17 })
  const result = resultOf(() => discoverModel(parseModelGraph(new MemorySource(file, 'hostile.onnx'))).sites.length)
  expect(refusalFault(result, 'bad-model', 'unsupported-model')).toBeNull()
  return result
}

const long = 5000
const chain = (op: string, inputs: (from: string) => string[]) => (from: string, to: string) =>
  Array.from({ length: long }, (_, i) =>
    node(op, inputs(i === 0 ? from : `hostile/${i}`), [i === long - 1 ? to : `hostile/${i + 1}`]),
  )
/** Each value reads the one before it twice: 2^200 ways lead through. */
const ladder = (op: string) => (from: string, to: string) =>
  Array.from({ length: 200 }, (_, i) => {
    const read = i === 0 ? from : `hostile/${i}`
    return node(op, [read, read], [i === 199 ? to : `hostile/${i + 1}`])
  })

const sites = Object.fromEntries(planted.sites.map(({ site, values }) => [site, values[0]!]))
const places = {
  'the logits': planted.logits,
  'the neurons of the MLP': sites['mlp']!,
  'the neurons of the attention': sites['attention']!,
  'the residual stream': planted.graph.nodes.findLast(({ op }) => op === 'LayerNormalization')!.inputs[0]!,
}

describe.each(Object.entries(places))('between %s and those that read them', (_, value) => {
  test.each(['Identity', 'Relu', 'Neg', 'Cast', 'Transpose', 'Shape', 'LayerNormalization'])(
    `${long} nodes %s in a row end in neurons or a refusal`,
    patience,
    (op) => {
      const result = outcome(
        between(
          value,
          chain(op, (from) => [from]),
        ),
      )
      expect(result instanceof SnipError || result === 2).toBe(true)
    },
  )

  test.each(['Add', 'Mul', 'MatMul', 'Concat', 'Reshape', 'Where', 'Gather', 'Gemm', 'Slice', 'Div'])(
    '200 nodes %s that read everything twice end in neurons or a refusal',
    patience,
    (op) => {
      const result = outcome(between(value, ladder(op)))
      expect(result instanceof SnipError || result === 2).toBe(true)
    },
  )
})

const ids = { name: 'x', type: onnxTypes.int64, dims: ['batch', 'sequence'] }
const graphOf = (nodes: readonly FileNode[], more: Partial<FileGraph> = {}): FileGraph => ({
  name: 'g',
  nodes,
  tensors: [],
  inputs: [ids],
  outputs: [{ name: 'y', type: onnxTypes.float, dims: ['batch', 'sequence', 11] }],
  ...more,
})
const bodyOf = (nodes: readonly FileNode[], output: string): FileGraph =>
  graphOf(nodes, { inputs: [], outputs: [{ name: output, type: onnxTypes.float, dims: [] }] })
const choice = (body: FileGraph, output: string): FileNode => ({
  ...node('If', ['x'], [output]),
  attributes: { then_branch: { graph: body } },
})

describe('a cycle is refused, and its node named,', () => {
  test.each<[string, FileNode[]]>([
    ['of one node', [node('Neg', ['y'], ['y'])]],
    ['of two', [node('Neg', ['b'], ['y']), node('Neg', ['y'], ['b'])]],
    ['of 5,000', chain('Neg', (from) => [from])('y', 'y')],
    ['through the body of an If', [choice(bodyOf([node('Neg', ['y'], ['z'])], 'z'), 'y')]],
  ])('%s', (_, nodes) => {
    expect(() => outcome(graphOf(nodes))).not.toThrow()
    expect((outcome(graphOf(nodes)) as SnipError).message).toMatch(/node .+ depends on its own result/)
  })
})

describe('graphs in graphs', () => {
  function nested(depth: number): FileGraph {
    let body = bodyOf([node('Neg', ['x'], ['v0'])], 'v0')
    for (let level = 1; level < depth; level++) body = bodyOf([choice(body, `v${level}`)], `v${level}`)
    return graphOf([choice(body, 'y')])
  }

  test('are read to 16 deep, and refused beyond', () => {
    expect((outcome(nested(16)) as SnipError).kind).toBe('unsupported-model')
    expect((outcome(nested(17)) as SnipError).message).toMatch(/nested more than 16 deep/)
    expect((outcome(nested(200)) as SnipError).message).toMatch(/nested more than 16 deep/)
  })

  test('by thousands are read to 4,096, and refused beyond', () => {
    const many = (count: number) =>
      graphOf(
        Array.from({ length: count }, (_, i) =>
          choice(bodyOf([node('Neg', ['x'], ['v'])], 'v'), i === 0 ? 'y' : `y${i}`),
        ),
      )
    expect((outcome(many(4000)) as SnipError).kind).toBe('unsupported-model')
    expect((outcome(many(5000)) as SnipError).message).toMatch(/more than 4096 graphs/)
  })
})

/** A file of any size whose bytes repeat behind a beginning; what is read of it is counted. */
class EndlessSource implements ByteSource {
  readonly name = 'bomb.onnx'
  readonly size: number
  bytesRead = 0
  readonly #start: Uint8Array
  readonly #unit: Uint8Array

  constructor(size: number, start: Uint8Array, unit: Uint8Array) {
    this.size = size
    this.#start = start
    this.#unit = unit
  }

  read(offset: number, length: number): Uint8Array {
    this.bytesRead += length
    // What a reader asks for at once is what it holds in memory.
    if (length > 16 * 1024 * 1024) throw new RangeError(`${length} bytes at once`)
    const bytes = new Uint8Array(length)
    const { length: head } = this.#start
    if (offset < head) bytes.set(this.#start.subarray(offset, offset + length))
    const { length: unit } = this.#unit
    for (let i = Math.max(0, head - offset); i < length; i++) bytes[i] = this.#unit[(offset + i - head) % unit]!
    return bytes
  }
}

/** Opens nested fields that reach to the end of a file of 2^40 bytes. */
function endless(path: readonly number[], unit: readonly ProtoField[]): EndlessSource {
  const size = 2 ** 40
  const start: number[] = []
  for (const number of path) {
    start.push(...tagOf(number))
    // Seven bytes of length: 49 bits.
    let rest = size - start.length - 7
    for (let i = 0; i < 7; i++) {
      start.push((rest % 128) | (i < 6 ? 0x80 : 0))
      rest = Math.floor(rest / 128)
    }
  }
  return new EndlessSource(size, Uint8Array.from(start), bytesOfTree(unit))
}

const tagOf = (number: number) =>
  varint(number, 0)
    .bytes.slice(0, -1)
    .map((byte, i) => (i === 0 ? byte | 2 : byte))

describe('a file of 2^40 bytes is refused after little of it when it is made of', () => {
  const bombs: [string, number[], ProtoField[]][] = [
    ['nodes', [7], [message(1, text(4, 'Neg'), text(2, ''))]],
    ['inputs of one node', [7, 1], [text(1, '')]],
    ['attributes', [7, 1], [message(5, varint(20, 2))]],
    ['numbers of one attribute, one by one', [7, 1, 5], [varint(8, 1)]],
    [
      'numbers of one attribute, in runs',
      [7, 1, 5],
      [
        packed(
          8,
          Array.from({ length: 100 }, () => 1),
        ),
      ],
    ],
    ['one run of numbers', [7, 1, 5, 8], [varint(0, 1)]],
    ['one run of reals', [7, 1, 5, 7], [varint(0, 1)]],
    ['sizes of one tensor', [7, 5, 1], [varint(0, 1)]],
    ['numbers of one tensor, one by one', [7, 5], [varint(5, 1)]],
    ['places of one tensor', [7, 5], [message(13, text(1, ''), text(2, ''))]],
    ['tensors', [7], [message(5, varint(2, 1), text(8, ''))]],
    ['sizes of one input', [7, 11, 2, 1, 2], [message(1)]],
    ['parts of one function', [25], [varint(3, 1)]],
    ['metadata', [], [message(14, text(1, 'key'), text(2, 'x'.repeat(100)))]],
    ['one text', [2], [varint(1, 1)]],
    ['texts of one attribute', [7, 1, 5], [text(9, 'x'.repeat(1000))]],
    ['fields that nobody knows', [], [varint(99, 1)]],
    ['graphs in graphs', Array.from({ length: 60 }, (_, i) => (i === 0 ? 7 : ([1, 5, 6] as const)[(i - 1) % 3]!)), []],
  ]

  test.each(bombs)('%s', patience, (_, path, unit) => {
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = 0
    try {
      const source = endless(path, unit.length === 0 ? [varint(1, 1)] : unit)
      const result = resultOf(() => parseModelGraph(source))
      expect(result).toBeInstanceOf(SnipError)
      expect(refusalFault(result, 'bad-model')).toBeNull()
      expect(source.bytesRead).toBeLessThan(200_000_000)
      // The scanner steps over what it does not need; what it reads is bounded, too.
      const scanned = endless(path, unit.length === 0 ? [varint(1, 1)] : unit)
      const told = resultOf(() => scanModel(scanned))
      expect(refusalFault(told, 'bad-model')).toBeNull()
      expect(scanned.bytesRead).toBeLessThan(200_000_000)
    } finally {
      Error.stackTraceLimit = stackTraceLimit
    }
  })
})
