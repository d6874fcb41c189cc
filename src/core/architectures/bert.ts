import { parseConfig, readActivation, type Architecture } from './architecture.ts'
import { encoderConfigSchema, encoderNorm, encoderTrunk, refuseOtherEncoders } from './encoder-line.ts'
import { TensorReader } from './tensor-reader.ts'

/** BERT as a masked language model: a norm on each sum, token types, and a layer between the trunk and the head. */
export const bert: Architecture = {
  id: 'bert',
  name: 'BERT',
  citation: 'Devlin et al. 2018, BERT: Pre-training of Deep Bidirectional Transformers for Language Understanding',
  layout(config, tensors) {
    const c = parseConfig(encoderConfigSchema, config)
    refuseOtherEncoders(c)
    const width = c.hidden_size
    const rows = c.max_position_embeddings
    const reader = new TensorReader(tensors, ['bert.', ''], 'embeddings.word_embeddings.weight')
    const trunk = encoderTrunk(c, reader)
    const predictions = new TensorReader(tensors, ['cls.predictions.'], 'bias')
    const biasName = predictions.has('bias') ? 'bias' : 'decoder.bias'
    return {
      family: 'bert',
      ...trunk,
      contextLength: rows,
      positions: {
        kind: 'learned',
        table: reader.tensor('embeddings.position_embeddings.weight', [rows, width]),
        rows,
      },
      headTransform: {
        linear: predictions.linear('transform.dense', width, width, true),
        activation: readActivation('hidden_act', c.hidden_act),
        norm: encoderNorm(predictions, 'transform.LayerNorm', width, c.layer_norm_eps),
      },
      head: {
        weight: c.tie_word_embeddings ? trunk.embedding : predictions.tensor('decoder.weight', [c.vocab_size, width]),
        bias: predictions.tensor(biasName, [c.vocab_size]),
        order: 'out-in',
        inputs: width,
        outputs: c.vocab_size,
      },
    }
  },
}
