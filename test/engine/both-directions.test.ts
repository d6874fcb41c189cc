import { expect, test } from 'vitest'
import type { ModelLayout } from '../../src/core/architectures/layout.ts'
import { SnipError } from '../../src/contract/failure.ts'
import { buildDecoderGraph, type GraphPurpose } from '../../src/core/onnx/decoder-graph.ts'
import { layoutGraphs } from '../../src/main/engine-host/model/graph-source.ts'
import { floatOutput, int64Tensor } from '../../src/main/engine-host/sessions/model-sessions.ts'
import { createSession } from '../../src/main/engine-host/sessions/session.ts'
import { causalFamilies } from '../support/models/family-folders.ts'
import { largestDifference } from './expectations.ts'
import { openFamily } from './family-model.ts'

/** An OPT that is told to read in both directions: the reference has no such model, and the oddities are the same. */
async function bidirectionalModel() {
  const family = causalFamilies().find(({ name }) => name === 'opt')!
  const model = await openFamily(family.directory)
  const layout: ModelLayout = { ...model.layout!, objective: 'masked', bidirectional: true }
  const purpose: GraphPurpose = { attention: 'causal', masks: false, record: null, output: 'logits' }
  const bytes = layoutGraphs(layout, model.weights).bytes(purpose)
  const session = await createSession(bytes, model.weights.folder, { provider: 'cpu', threads: 1, prepacking: true })
  const run = async (rows: readonly (readonly number[])[], valid: readonly number[]) => {
    const flat = rows.flat()
    const feeds = {
      input_ids: int64Tensor(flat, [rows.length, flat.length / rows.length]),
      attention_mask: int64Tensor(valid, [rows.length, flat.length / rows.length]),
    }
    return floatOutput(await session.run(feeds), 'logits')
  }
  return { run, vocabulary: family.vocabularySize, layout }
}

test('a window that is padded on its right has the logits that it has alone, and a token sees what follows it', async () => {
  const { run, vocabulary } = await bidirectionalModel()
  const short = [5, 9, 14, 7]
  const long = [8, 3, 22, 41, 17, 6]
  const alone = await run([short], [1, 1, 1, 1])
  const both = await run([[...short, 1, 1], long], [1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 1, 1])
  expect(largestDifference(both.subarray(0, 4 * vocabulary), alone)).toBeLessThan(1e-5)
  const longAlone = await run([long], [1, 1, 1, 1, 1, 1])
  expect(largestDifference(both.subarray(6 * vocabulary), longAlone)).toBeLessThan(1e-5)
  const changed = await run([[...short.slice(0, 3), 30]], [1, 1, 1, 1])
  expect(largestDifference(changed.subarray(0, vocabulary), alone.subarray(0, vocabulary))).toBeGreaterThan(0.01)
})

test('a model that reads in both directions is not asked to continue a text', async () => {
  const { layout } = await bidirectionalModel()
  const purpose: GraphPurpose = { attention: 'cached', masks: false, record: null, output: 'last-logits' }
  expect(() => buildDecoderGraph(layout, () => 'F32', purpose)).toThrow(SnipError)
  expect(() => buildDecoderGraph(layout, () => 'F32', purpose)).toThrow(/cannot continue a text/)
})
