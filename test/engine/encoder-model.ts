import { Tensor } from 'onnxruntime-node'
import type { NeuronId } from '../../src/contract/neuron.ts'
import type { OpenModel } from '../../src/main/engine-host/model/open-model.ts'
import { floatOutput, int64Tensor, purposes } from '../../src/main/engine-host/sessions/model-sessions.ts'
import type { ImageFolder, MaskedFolder } from '../support/models/family-folders.ts'
import { masksWithout } from './family-model.ts'

export type Feeds = Record<string, Tensor>

/** The whole batch, padding and token types included. */
export function textFeeds({ ids, attentionMask, tokenTypes, config }: MaskedFolder): Feeds {
  const dims = [ids.length, ids[0]!.length]
  const types = config['type_vocab_size'] === 1 ? {} : { token_type_ids: int64Tensor(tokenTypes.flat(), dims) }
  return { input_ids: int64Tensor(ids.flat(), dims), attention_mask: int64Tensor(attentionMask.flat(), dims), ...types }
}

/** All images at once. */
export function pixelFeeds({ pixelValues, size: [height, width, channels] }: ImageFolder): Feeds {
  const flat = Float32Array.from(pixelValues.flatMap((pixels) => [...pixels]))
  return { pixel_values: new Tensor('float32', flat, [pixelValues.length, channels, height, width]) }
}

/** Logits of a batch without some neurons. */
export async function logitsUnder(model: OpenModel, feeds: Feeds, neurons: readonly NeuronId[]) {
  const session = await model.sessions.get(purposes.logits)
  return floatOutput(await session.run({ ...feeds, ...masksWithout(model, neurons) }), 'logits')
}
