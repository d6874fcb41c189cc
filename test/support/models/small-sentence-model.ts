import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { elementType, GraphBuilder } from '../../../src/core/onnx/graph.ts'
import { joinPieces, modelIrVersion, modelOpset, serialiseModel } from '../../../src/core/onnx/serialise.ts'

const specialPieces = ['[PAD]', '[UNK]', '[CLS]', '[SEP]']

export interface SmallSentenceModelOptions {
  /** Ids go on behind the four special pieces. */
  readonly words: readonly string[]
  /** Hidden state of a token, wherever it stands. */
  readonly stateOf: (id: number) => readonly number[]
  readonly mode?: string
  readonly normalise?: boolean
  readonly prompt?: string
  readonly most?: number
  readonly modules?: boolean
}

/** A folder as sentence-transformers exports it, whose graph looks tokens up in a table. */
export function makeSmallSentenceModel(folder: string, choice: SmallSentenceModelOptions): string {
  const { words, stateOf, mode = 'mean_tokens', normalise = false, prompt, most, modules = true } = choice
  const vocabulary = [...specialPieces, ...words]
  const table = vocabulary.map((_, id) => stateOf(id))
  const dims = table[0]!.length
  mkdirSync(join(folder, 'onnx'), { recursive: true })
  mkdirSync(join(folder, '1_Pooling'), { recursive: true })
  const builder = new GraphBuilder()
  builder.input('input_ids', elementType.int64, ['batch', 'sequence'])
  builder.input('attention_mask', elementType.int64, ['batch', 'sequence'])
  builder.node(
    'Gather',
    [builder.floats('table', table.flat(), [vocabulary.length, dims]), 'input_ids'],
    {},
    'last_hidden_state',
  )
  builder.output('last_hidden_state', elementType.float, ['batch', 'sequence', dims])
  const declare = () => {
    throw new RangeError('no weights')
  }
  const options = { opset: modelOpset, irVersion: modelIrVersion, producerVersion: '', metadata: {} }
  writeFileSync(join(folder, 'onnx/model.onnx'), joinPieces(serialiseModel(builder.build(), declare, options)))
  const write = (file: string, json: unknown) => writeFileSync(join(folder, file), JSON.stringify(json))
  const special = vocabulary.slice(0, 4).map((content, id) => ({
    id,
    content,
    special: true,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
  }))
  write('tokenizer.json', {
    version: '1.0',
    added_tokens: special,
    normalizer: { type: 'Lowercase' },
    pre_tokenizer: { type: 'Whitespace' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [
        { SpecialToken: { id: '[CLS]', type_id: 0 } },
        { Sequence: { id: 'A', type_id: 0 } },
        { SpecialToken: { id: '[SEP]', type_id: 0 } },
      ],
      pair: [],
      special_tokens: {
        '[CLS]': { id: '[CLS]', ids: [2], tokens: ['[CLS]'] },
        '[SEP]': { id: '[SEP]', ids: [3], tokens: ['[SEP]'] },
      },
    },
    decoder: null,
    model: {
      type: 'WordLevel',
      vocab: Object.fromEntries(vocabulary.map((piece, id) => [piece, id])),
      unk_token: '[UNK]',
    },
  })
  if (modules) {
    const module = (idx: number, kind: string, path: string) => ({
      idx,
      name: String(idx),
      path,
      type: `sentence_transformers.models.${kind}`,
    })
    write('modules.json', [
      module(0, 'Transformer', ''),
      module(1, 'Pooling', '1_Pooling'),
      ...(normalise ? [module(2, 'Normalize', '2_Normalize')] : []),
    ])
    write('1_Pooling/config.json', { word_embedding_dimension: dims, [`pooling_mode_${mode}`]: true })
  }
  if (prompt !== undefined)
    write('config_sentence_transformers.json', { prompts: { query: prompt }, default_prompt_name: 'query' })
  if (most !== undefined) write('sentence_bert_config.json', { max_seq_length: most })
  return folder
}
