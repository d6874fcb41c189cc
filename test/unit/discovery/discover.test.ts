import { describe, expect, test } from 'vitest'
import { discoverModel } from '../../../src/core/discovery/discover.ts'
import type { DiscoveredModel } from '../../../src/core/discovery/discovered-model.ts'
import { parseModelGraph } from '../../../src/core/onnx/model-graph-parse.ts'
import { writeDecoder } from '../../support/onnx-builder/decoder-file.ts'
import { namedStyles } from '../../support/onnx-builder/styles.ts'
import { MemorySource } from '../onnx/memory-source.ts'

function discover(bytes: Uint8Array): DiscoveredModel {
  return discoverModel(parseModelGraph(new MemorySource(bytes, 'model.onnx')))
}

describe.each(namedStyles())('$name', ({ style }) => {
  const file = writeDecoder(style)
  const found = discover(file.bytes)
  const { sizes } = style

  test('has exactly the planted sites, widths, values and weights', () => {
    const seen = found.sites.map(({ site, layer, width, value, projection, copies }) => ({
      site,
      layer,
      width,
      values: [value, ...copies.map((copy) => copy.value)],
      weights: [projection.weight, ...copies.map((copy) => copy.projection.weight)],
      bias: projection.bias,
    }))
    expect(seen).toEqual(file.sites)
    expect(found.layers).toBe(sizes.layers)
    expect(found.sites.map(({ certainty }) => certainty)).toEqual(file.sites.map(() => 'certain'))
    for (const { evidence } of found.sites) expect(evidence.length).toBeGreaterThan(1)
  })

  test('has the planted heads', () => {
    for (const site of found.sites) {
      const { headCount, keyValueHeadCount, headWidth } = site
      const planted = site.site === 'mlp' ? [null, null, null] : [sizes.heads, sizes.keyValueHeads, sizes.headWidth]
      expect([headCount, keyValueHeadCount, headWidth]).toEqual(planted)
    }
  })

  test('has neurons made by the planted projections', () => {
    const isGated = style.family === 'llama'
    const columns = style.gateAndUp === 'fused' && isGated ? 2 * sizes.inner : sizes.inner
    const seen = found.sites.flatMap(({ site, up, gate }) =>
      site === 'mlp'
        ? [{ up: [up!.linear.outputs, up!.firstColumn, up!.linear.bias !== null], gate: gate?.linear.outputs ?? null }]
        : [],
    )
    const planted = { up: [columns, columns - sizes.inner, !isGated], gate: isGated ? columns : null }
    expect(seen).toEqual(Array.from({ length: sizes.layers }, () => planted))
  })

  test('has its inputs, output and sizes', () => {
    const { rename } = file
    const { inputs } = found
    const hasPast = style.cache !== 'none'
    expect(inputs.inputIds).toBe(file.inputIds)
    expect(found.logits).toBe(file.logits)
    expect(inputs.attentionMask?.name ?? null).toBe(style.masks || hasPast ? rename('attention_mask') : null)
    const unused = style.attention === 'group-query' && style.obfuscated ? [rename('position_ids')] : []
    expect(inputs.unused.map(({ name }) => name)).toEqual(unused)
    expect(inputs.positionIds?.name ?? null).toBe(style.masks && unused.length === 0 ? rename('position_ids') : null)
    expect(inputs.useCacheBranch).toBe(style.cache === 'merged' ? rename('use_cache_branch') : null)
    expect(inputs.tokenTypeIds).toBeNull()
    const caches = inputs.pastKeyValues.map(({ layer, kind, past, present }) => [layer, kind, past, present])
    const planted = Array.from({ length: hasPast ? sizes.layers : 0 }, (_, layer) =>
      ['key', 'value'].map((kind) => [
        layer,
        kind,
        rename(`past_key_values.${layer}.${kind}`),
        rename(`present.${layer}.${kind}`),
      ]),
    ).flat()
    expect(caches).toEqual(planted)
    expect([found.vocabularySize, found.width]).toEqual([sizes.vocabulary, sizes.width])
    expect([found.fixedBatch, found.fixedSequence]).toEqual([null, null])
  })
})
