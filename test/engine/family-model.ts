import * as ort from 'onnxruntime-node'
import type { NeuronId } from '../../src/contract/neuron.ts'
import { folderPurpose } from '../../src/core/onnx/export-format.ts'
import { masksOf, openModel, type OpenModel } from '../../src/main/engine-host/model/open-model.ts'
import { floatOutput, int64Tensor, maskFeeds, purposes } from '../../src/main/engine-host/sessions/model-sessions.ts'
import { tokenFeeds } from '../../src/main/engine-host/sessions/token-feeds.ts'

/** Opens a model folder in this process, on one thread of the CPU. */
export async function openFamily(directory: string): Promise<OpenModel> {
  return openModel({ path: directory, tokenizer: null, threads: 1, provider: 'cpu' })
}

/** Masks that silence some neurons, as feeds. */
export function masksWithout(model: OpenModel, neurons: readonly NeuronId[]): Record<string, ort.Tensor> {
  return maskFeeds(masksOf(model, { version: 1, neurons: [...neurons], replacement: 'zero' }))
}

/** Logits of one sequence without some neurons: f32 [tokens x vocabulary]. */
export async function logitsOf(model: OpenModel, ids: readonly number[], neurons: readonly NeuronId[]) {
  const session = await model.sessions.get(purposes.logits)
  const feeds = { ...tokenFeeds(model, ids, [1, ids.length]), ...masksWithout(model, neurons) }
  return floatOutput(await session.run(feeds), 'logits')
}

/** Loss of each id after the first, without some neurons. */
export async function lossesOf(model: OpenModel, ids: readonly number[], neurons: readonly NeuronId[]) {
  const session = await model.sessions.get(purposes.losses)
  const feeds = {
    input_ids: int64Tensor(ids, [1, ids.length]),
    targets: int64Tensor([...ids.slice(1), 0], [1, ids.length]),
    ...masksWithout(model, neurons),
  }
  return floatOutput(await session.run(feeds), 'losses').slice(0, ids.length - 1)
}

/**
 * Logits after each token of a sequence, computed with a key-value cache: the first tokens together, the others one by one. The rows
 * begin with that of the last token of the first run.
 */
export async function cachedLogits(model: OpenModel, ids: readonly number[], first: number) {
  const session = await model.sessions.get(purposes.generate)
  const masks = masksWithout(model, [])
  let cache: Record<string, ort.Tensor> = {}
  for (const { name, dims } of model.graphs.cache) cache[name] = new ort.Tensor('float32', new Float32Array(0), dims)
  const rows: Float32Array[] = []
  for (let past = 0; past < ids.length;) {
    const step = past === 0 ? ids.slice(0, first) : [ids[past]!]
    const feeds = {
      input_ids: int64Tensor(step, [1, step.length]),
      past_length: new ort.Tensor('int64', BigInt64Array.of(BigInt(past)), []),
      ...cache,
      ...masks,
    }
    const results = await session.run(feeds)
    rows.push(floatOutput(results, 'logits'))
    const present = Object.entries(results).filter(([name]) => name.startsWith('present.'))
    cache = Object.fromEntries(present.map(([name, value]) => [name.replace('present.', 'past.'), value]))
    past += step.length
  }
  return rows
}

/** Logits of a sequence that stands behind some padding, by the graph of exported folders: f32 [tokens x vocabulary]. */
export async function paddedLogits(model: OpenModel, ids: readonly number[], padding: number): Promise<Float32Array> {
  const session = await model.sessions.get(folderPurpose)
  const behind = <T>(values: readonly T[], pad: T) => [...Array.from({ length: padding }, () => pad), ...values]
  const total = padding + ids.length
  const all: Record<string, ort.Tensor> = {
    input_ids: int64Tensor(behind(ids, 0), [1, total]),
    attention_mask: int64Tensor(
      behind(
        ids.map(() => 1),
        0,
      ),
      [1, total],
    ),
    position_ids: int64Tensor(behind([...ids.keys()], 0), [1, total]),
  }
  for (const { name, dims } of model.graphs.cache) {
    all[name.replace('past.', 'past_key_values.')] = new ort.Tensor('float32', new Float32Array(0), dims)
  }
  // Some families count their positions by the mask and have no input for them.
  const feeds = Object.fromEntries(session.inputNames.map((name) => [name, all[name]!]))
  const logits = floatOutput(await session.run(feeds), 'logits')
  return logits.subarray(padding * model.shape.vocabularySize)
}
