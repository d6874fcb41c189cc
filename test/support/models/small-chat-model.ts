import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const demo = resolve(import.meta.dirname, '../../../resources/demo/model')

/** A template with control tokens of its own, in the manner of ChatML. */
export const chatTemplate = [
  '{%- for message in messages -%}',
  "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}",
  '{%- endfor -%}',
  "{%- if add_generation_prompt -%}{{ '<|im_start|>assistant\\n' }}{%- endif -%}",
].join('\n')

export const beginTurn = 4096
export const endTurn = 4097
/** The model was never taught to end a turn: a full stop ends it too. */
const fullStop = 47

export interface SmallChatModelOptions {
  readonly context: number
  /** Null leaves the template out. */
  readonly template?: unknown
}

/**
 * The demo's language model with a longer context, whose further positions repeat the first ones, and two control tokens. It speaks English
 * of a kind and knows nothing of chats: it shows that the way works, not how good a model is.
 */
export function makeSmallChatModel(
  directory: string,
  { context, template = chatTemplate }: SmallChatModelOptions,
): string {
  mkdirSync(directory, { recursive: true })
  const json = (name: string) => JSON.parse(readFileSync(join(demo, name), 'utf8')) as Record<string, unknown>
  const write = (name: string, value: unknown) => writeFileSync(join(directory, name), JSON.stringify(value))
  write('config.json', { ...json('config.json'), n_positions: context, n_ctx: context, vocab_size: endTurn + 1 })
  const tokenizer = json('tokenizer.json')
  const added = ['<|im_start|>', '<|im_end|>'].map((content, at) => ({
    id: beginTurn + at,
    content,
    special: true,
    normalized: false,
    single_word: false,
    lstrip: false,
    rstrip: false,
  }))
  write('tokenizer.json', { ...tokenizer, added_tokens: [...(tokenizer['added_tokens'] as unknown[]), ...added] })
  write('tokenizer_config.json', {
    ...json('tokenizer_config.json'),
    ...(template === null ? {} : { chat_template: template }),
  })
  write('generation_config.json', { eos_token_id: [0, endTurn, fullStop] })
  writeFileSync(
    join(directory, 'model.safetensors'),
    withRows(readFileSync(join(demo, 'model.safetensors')), (name) =>
      name.endsWith('wpe.weight') ? context : name.endsWith('wte.weight') ? endTurn + 1 : null,
    ),
  )
  return directory
}

/** A safetensors file whose matrices have other numbers of rows: the first ones come again from the start. */
function withRows(file: Buffer, rowsOf: (name: string) => number | null): Buffer {
  const headerLength = Number(file.readBigUInt64LE(0))
  const header = JSON.parse(file.toString('utf8', 8, 8 + headerLength)) as Record<
    string,
    { dtype: string; shape: number[]; data_offsets: [number, number] }
  >
  const parts: Buffer[] = []
  let at = 0
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') continue
    const [from, to] = entry.data_offsets
    const data = file.subarray(8 + headerLength + from, 8 + headerLength + to)
    const rows = rowsOf(name)
    const rowBytes = data.length / entry.shape[0]!
    // Filling repeats what is filled with.
    const copy = rows === null ? data : Buffer.alloc(rows * rowBytes).fill(data)
    if (rows !== null) entry.shape[0] = rows
    entry.data_offsets = [at, at + copy.length]
    at += copy.length
    parts.push(copy)
  }
  const text = Buffer.from(JSON.stringify(header))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(text.length))
  return Buffer.concat([length, text, ...parts])
}
