import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { discoverModel } from '../../../src/core/discovery/discover.ts'
import { parseModelGraph } from '../../../src/core/onnx/model-graph-parse.ts'
import { MemorySource } from '../onnx/memory-source.ts'

interface Expected {
  readonly files: readonly {
    readonly file: string
    readonly implementation: string
    readonly projections: readonly {
      readonly site: string
      readonly layer: number
      readonly node: number
      readonly operator: string
      readonly weight: string
      readonly order: string
      readonly value: string
    }[]
  }[]
  readonly implementations: readonly {
    readonly name: string
    readonly vocabularySize: number
    readonly contextLength: number
    readonly width: number
    readonly headCount: number
    readonly keyValueHeadCount: number
    readonly neurons: { readonly mlp: readonly number[]; readonly attention: readonly number[] }
  }[]
}

const folder = join(import.meta.dirname, '../../fixtures/onnx/torch')
const expected = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as Expected

describe.each(expected.files)('$file as torch 1.13 exported it', ({ file, implementation, projections }) => {
  const found = discoverModel(parseModelGraph(new MemorySource(readFileSync(join(folder, file)), file)))
  const model = expected.implementations.find(({ name }) => name === implementation)!

  test('has exactly the projections that the export recorded', () => {
    const seen = found.sites.map(({ site, layer, value, projection }) => ({
      site,
      layer,
      node: projection.node,
      operator: projection.op,
      weight: projection.weight,
      order: projection.order,
      value,
    }))
    expect(seen).toEqual(projections)
    expect(new Set(found.sites.map(({ certainty }) => certainty))).toEqual(new Set(['certain']))
  })

  test('has the sizes of the implementation', () => {
    const widths = (site: string) => found.sites.filter((each) => each.site === site).map(({ width }) => width)
    expect({ mlp: widths('mlp'), attention: widths('attention') }).toEqual(model.neurons)
    expect([found.vocabularySize, found.width]).toEqual([model.vocabularySize, model.width])
    const heads = found.sites
      .filter(({ site }) => site === 'attention')
      .map((each) => [each.headCount, each.keyValueHeadCount])
    expect(heads).toEqual(model.neurons.attention.map(() => [model.headCount, model.keyValueHeadCount]))
    // Rotary positions computed in the graph have no end.
    expect(found.contextLength).toBe(found.positions === 'rotary' ? null : model.contextLength)
  })
})
