import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { formatNeuron, type Neuron, type Site } from '../../../src/contract/neuron.ts'
import { buildDecoderGraph, type GraphPurpose } from '../../../src/core/onnx/decoder-graph.ts'
import { exportPurpose } from '../../../src/core/onnx/export-format.ts'
import { realise } from '../../../src/core/pruning/realise.ts'
import { shapedGpt2, shapedLlama } from '../architectures/layouts.ts'

const layer = (site: Site, number: number, count: number): Neuron[] =>
  Array.from({ length: count }, (_, index) => ({ site, layer: number, index }))

const record: GraphPurpose = {
  attention: 'causal',
  masks: false,
  record: { sites: ['mlp', 'attention'], statistics: true },
  output: 'none',
}
const generate: GraphPurpose = { attention: 'cached', masks: true, record: null, output: 'last-logits' }
const branches: GraphPurpose = { attention: 'given', masks: true, record: null, output: 'losses' }

/**
 * SHA-256 of layouts and graphs as the first format of exported files has them. A file is opened only when its graph equals what its
 * layout makes: a change of any of these locks people out of what they exported, and needs a new format.
 */
const known = {
  'GPT-2': {
    whole: '443735bc0a638d7367774cc6988080bb19223ccc8490b85fccead6a10a73e6fd',
    'without a head and a neuron': '8f29462e72721d7e5b15f8f670454150695ece0151f604525f074772f5125aa9',
    'without any attention': '9d71a5907d393e7a59e2f4ffef2871cf5fdcfba6f1cb4ec2e4bfcf0db1634e96',
  },
  Llama: {
    whole: 'ae46b9512a9967c9dc05db85eaf3d767c3910fc5dc72ca4862a5d2c072ee6c8a',
    'without a head and a neuron': '8ac293f63dd9ffe348ed553d0496403bd1da0aae9bf87d77f84883e6adeadec6',
    'without any attention': '3ca941d70cda6cbe5c9bc3456f41e3044d40b231146aaabe76b940d4119bb863',
  },
}

describe('the layout and the graphs of an exported file', () => {
  const plans: readonly [string, readonly Neuron[]][] = [
    ['whole', []],
    ['without a head and a neuron', [{ site: 'mlp', layer: 0, index: 1 }, ...layer('attention', 0, 4)]],
    ['without any attention', [...layer('attention', 0, 12), ...layer('attention', 1, 12)]],
  ]
  const models = [
    ['GPT-2', shapedGpt2({ dtype: 'F16' })],
    ['Llama', shapedLlama()],
  ] as const

  test.each(models)('of a %s are those of earlier versions', (name, { layout, tensors }) => {
    const found: Record<string, string> = {}
    for (const [what, removed] of plans) {
      expect(new Set(removed.map(formatNeuron)).size).toBe(removed.length)
      const pruned = realise(layout, tensors, removed, 'compact').layout
      const hash = createHash('sha256').update(JSON.stringify(pruned))
      for (const purpose of [exportPurpose, record, generate, branches]) {
        const graph = buildDecoderGraph(pruned, (tensor) => tensors.get(tensor)!.dtype, purpose)
        hash.update(JSON.stringify(graph))
      }
      found[what] = hash.digest('hex')
    }
    expect(found).toEqual(known[name])
  })
})
