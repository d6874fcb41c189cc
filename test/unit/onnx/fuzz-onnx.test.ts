import { expect, test } from 'vitest'
import { SnipError } from '../../../src/contract/failure.ts'
import { discoverModel } from '../../../src/core/discovery/discover.ts'
import { parseModelGraph } from '../../../src/core/onnx/model-graph-parse.ts'
import { scanModel } from '../../../src/core/onnx/model-scanner.ts'
import { createRandom } from '../../../src/core/stats/random.ts'
import { writeDecoder } from '../../support/onnx-builder/decoder-file.ts'
import { gptStyle, llamaStyle } from '../../support/onnx-builder/style.ts'
import { MemorySource } from './memory-source.ts'
import { mutated, resultOf } from './mutations.ts'
import {
  bytes,
  bytesOfTree,
  everyField,
  float,
  message,
  mutatedTree,
  packed,
  text,
  treeOf,
  varint,
  type ProtoField,
} from './proto-tree.ts'
import { refusalFault } from './refusal-fault.ts'

const bytesEach = (count: number) => Uint8Array.from({ length: count }, (_, i) => i)
const dims = (...sizes: readonly number[]) => sizes.map((size) => varint(1, size))
const node = (op: string, inputs: readonly string[], outputs: readonly string[], ...attributes: ProtoField[]) =>
  message(
    1,
    ...inputs.map((name) => text(1, name)),
    ...outputs.map((name) => text(2, name)),
    text(4, op),
    ...attributes,
  )
const value = (field: number, name: string, type: number, ...sizes: readonly (number | string)[]) => {
  const shape = sizes.map((size) => message(1, typeof size === 'number' ? varint(1, size) : text(2, size)))
  return message(field, text(1, name), message(2, message(1, varint(1, type), message(2, ...shape))))
}
const pair = (field: number, key: string, content: string) => message(field, text(1, key), text(2, content))
const model = (...graph: readonly ProtoField[]) => [
  varint(1, 8),
  text(2, 'builder'),
  message(7, ...graph, text(2, 'g')),
  message(8, text(1, ''), varint(2, 17)),
  pair(14, 'note', 'größer'),
]

/** A tensor in each place that numbers can be in. */
const places = model(
  message(5, ...dims(2, 3), varint(2, 1), text(8, 'raw'), bytes(9, bytesEach(24))),
  message(5, packed(1, [2]), varint(2, 7), packed(7, [5, 6]), text(8, 'longs')),
  message(5, ...dims(2), varint(2, 1), bytes(4, bytesEach(8)), text(8, 'floats')),
  message(5, varint(2, 11), bytes(10, bytesEach(8)), text(8, 'double')),
  message(5, ...dims(2), varint(2, 6), varint(5, 3), varint(5, 4), text(8, 'scattered')),
  message(5, ...dims(1), varint(2, 8), text(6, 'word'), text(8, 'texts')),
  message(5, ...dims(0), varint(2, 1), text(8, 'none')),
  message(
    5,
    ...dims(4),
    varint(2, 1),
    text(8, 'beside'),
    pair(13, 'location', 'weights.bin'),
    pair(13, 'offset', '64'),
    pair(13, 'length', '16'),
    varint(14, 1),
  ),
  node('Add', ['raw', 'beside'], ['sum']),
  value(12, 'sum', 1, 2, 'n'),
)

/** An If in an If, whose bodies read what is outside. */
const inner = (name: string, ...more: readonly ProtoField[]) =>
  message(6, node('Identity', ['x'], [name]), ...more, value(12, name, 1), text(2, name))
const choose = (out: string, ...more: readonly ProtoField[]) =>
  node(
    'If',
    ['c'],
    [out],
    message(5, text(1, 'then_branch'), inner(`${out}a`, ...more), varint(20, 5)),
    message(5, text(1, 'else_branch'), inner(`${out}b`), varint(20, 5)),
  )
const branches = model(
  choose('y', choose('z')),
  node('Mul', ['y', 'y'], ['w']),
  value(11, 'x', 1, 'batch', 8),
  value(11, 'c', 9),
  value(12, 'w', 1, 'batch', 8),
  value(13, 'y', 1, 'batch', 8),
)

/** Attributes of every type, and a function. */
const attributes = [
  ...model(
    node(
      'Mystery',
      ['x'],
      ['y'],
      message(5, text(1, 'f'), float(2, 0.5), varint(20, 1)),
      message(5, text(1, 'i'), varint(3, -7n), varint(20, 2)),
      message(5, text(1, 's'), text(4, 'tanh'), varint(20, 3)),
      message(5, text(1, 't'), message(5, ...dims(1), varint(2, 1), bytes(9, bytesEach(4))), varint(20, 4)),
      message(5, text(1, 'fs'), bytes(7, bytesEach(8)), float(7, 1), varint(20, 6)),
      message(5, text(1, 'is'), packed(8, [1, 2, 300]), varint(8, 4), varint(20, 7)),
      message(5, text(1, 'ss'), text(9, 'a'), text(9, 'b'), varint(20, 8)),
      message(5, text(1, 'untyped'), varint(3, 1)),
      text(7, 'com.example'),
    ),
    value(11, 'x', 7, 'batch', 'sequence'),
    value(12, 'y', 1, 'batch', 'sequence', 13),
  ),
  message(25, text(1, 'Mystery'), text(10, 'com.example')),
]

/**
 * Reads `count` mutated files, a quarter of them with the scanner too, and looks for neurons in one in `discoverOneIn` of those that are read. The
 * tally of what came out, and everything that should not have.
 */
function fuzz(seeds: readonly (readonly ProtoField[])[], count: number, seed: number, discoverOneIn: number) {
  const random = createRandom(seed)
  const pools = seeds.map(everyField)
  const files = seeds.map(bytesOfTree)
  const tally = { read: 0, refused: 0, discovered: 0, faults: [] as string[] }
  const { stackTraceLimit } = Error
  // Traces of a hundred thousand expected refusals are never looked at.
  Error.stackTraceLimit = 0
  try {
    for (let round = 0; round < count; round++) {
      const at = round % seeds.length
      let file = random.integer(4) > 0 ? mutatedTree(seeds[at]!, pools[at]!, random) : files[at]!
      if (file === files[at] || random.integer(8) === 0) file = mutated(file, random)
      const source = new MemorySource(file, 'hostile.onnx')
      const graph = resultOf(() => parseModelGraph(source))
      const faults = [refusalFault(graph, 'bad-model')]
      const scanned = round % 4 === 0 ? resultOf(() => scanModel(source)) : null
      faults.push(refusalFault(scanned, 'bad-model'))
      if (source.bytesRead > 80 * file.length + 20_000) faults.push(`${source.bytesRead} bytes of ${file.length} read`)
      if (graph instanceof SnipError) tally.refused++
      else {
        tally.read++
        if (random.integer(discoverOneIn) === 0) {
          const found = resultOf(() => discoverModel(graph))
          faults.push(refusalFault(found, 'unsupported-model'))
          if (!(found instanceof SnipError)) tally.discovered++
        }
      }
      for (const fault of faults) if (fault !== null) tally.faults.push(`round ${round}: ${fault}`)
    }
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
  return tally
}

test('each seed is a model as it stands', () => {
  for (const seed of [places, branches, attributes]) {
    expect(parseModelGraph(new MemorySource(bytesOfTree(seed))).graphs.length).toBeGreaterThan(0)
    expect(bytesOfTree(treeOf(bytesOfTree(seed)))).toEqual(bytesOfTree(seed))
  }
  expect(parseModelGraph(new MemorySource(bytesOfTree(branches))).graphs).toHaveLength(5)
})

test('200,000 mutated structures are read, or refused as what they are', { timeout: 120_000 }, () => {
  const tally = fuzz([places, branches, attributes], 200_000, 401, 4)
  expect(tally.faults.slice(0, 5)).toEqual([])
  expect(tally.refused).toBeGreaterThan(60_000)
  expect(tally.read).toBeGreaterThan(20_000)
})

test('neurons of 1,000 mutated decoders are found or refused', { timeout: 120_000 }, () => {
  const sizes = {
    ...gptStyle().sizes,
    layers: 1,
    width: 8,
    heads: 2,
    headWidth: 4,
    inner: 10,
    vocabulary: 11,
    keyValueHeads: 2,
  }
  const styles = [gptStyle({ sizes }), llamaStyle({ sizes, masks: true }), gptStyle({ sizes, cache: 'merged' })]
  const seeds = styles.map((style) => treeOf(writeDecoder({ ...style, external: 'model.bin' }).bytes))
  const tally = fuzz(seeds, 1000, 402, 1)
  expect(tally.faults.slice(0, 5)).toEqual([])
  expect(tally.refused).toBeGreaterThan(100)
  expect(tally.discovered).toBeGreaterThan(100)
})
