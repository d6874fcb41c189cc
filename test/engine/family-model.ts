import * as ort from 'onnxruntime-node'
import type { NeuronId } from '../../src/contract/neuron.ts'
import { masksOf, openModel, type OpenModel } from '../../src/main/engine-host/model/open-model.ts'
import { floatOutput, int64Tensor, maskFeeds, purposes } from '../../src/main/engine-host/sessions/model-sessions.ts'

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
  const feeds = { input_ids: int64Tensor(ids, [1, ids.length]), ...masksWithout(model, neurons) }
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
