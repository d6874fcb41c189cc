import { z } from 'zod'
import { SnipError } from '../../contract/failure.ts'
import { parseConfig, type Architecture } from './architecture.ts'
import { encoderConfigSchema, encoderNorm, encoderTrunk, refuseOtherEncoders } from './encoder-line.ts'
import { TensorReader } from './tensor-reader.ts'

const configSchema = encoderConfigSchema.extend({
  pad_token_id: z.number().int().nonnegative().max(10_000_000).default(1),
})

/** RoBERTa as a masked language model: as BERT, but its positions count what is no padding, and its head has GELU whatever the layers have. */
export const roberta: Architecture = {
  id: 'roberta',
  name: 'RoBERTa',
  citation: 'Liu et al. 2019, RoBERTa: A Robustly Optimized BERT Pretraining Approach',
  layout(config, tensors) {
    const c = parseConfig(configSchema, config)
    refuseOtherEncoders(c)
    const width = c.hidden_size
    const rows = c.max_position_embeddings
    const contextLength = rows - c.pad_token_id - 1
    if (contextLength < 2) {
      throw new SnipError('bad-model', 'config.json: max_position_embeddings leaves no position after pad_token_id', {
        remedy: 'Use the config.json that was published with these weights.',
      })
    }
    const reader = new TensorReader(tensors, ['roberta.', ''], 'embeddings.word_embeddings.weight')
    const trunk = encoderTrunk(c, reader)
    const head = new TensorReader(tensors, ['lm_head.'], 'bias')
    const table = reader.tensor('embeddings.position_embeddings.weight', [rows, width])
    return {
      family: 'roberta',
      ...trunk,
      contextLength,
      positions: { kind: 'learned', table, rows, paddingId: c.pad_token_id },
      headTransform: {
        linear: head.linear('dense', width, width, true),
        activation: 'gelu',
        norm: encoderNorm(head, 'layer_norm', width, c.layer_norm_eps),
      },
      head: {
        weight: c.tie_word_embeddings ? trunk.embedding : head.tensor('decoder.weight', [c.vocab_size, width]),
        bias: head.tensor(head.has('bias') ? 'bias' : 'decoder.bias', [c.vocab_size]),
        order: 'out-in',
        inputs: width,
        outputs: c.vocab_size,
      },
    }
  },
}
