import { SnipError } from '../../../../contract/failure.ts'
import type { ChatReply, CompletionReply, TokenLogprobs, TokenUsage } from '../../../../core/concepts/language-model.ts'

const mostTokens = 100_000

/** A chat completion as our own reply. Throws `llm-reply` for anything that is none; an empty text is a reply. */
export function readChat(json: unknown, host: string): ChatReply {
  const reply = record(json)
  const choice = record(list(reply['choices'])[0])
  if (!Array.isArray(reply['choices']) || choice['message'] === undefined) throw notAReply(host)
  const message = record(choice['message'])
  const refusal = message['refusal']
  const refused = typeof refusal === 'string' && refusal !== ''
  const content = message['content']
  if (content !== null && content !== undefined && typeof content !== 'string') throw notAReply(host)
  return {
    text: typeof content === 'string' ? content : '',
    finish: refused ? 'refused' : finishOf(choice['finish_reason']),
    logprobs: readChatLogprobs(record(choice['logprobs'])['content']),
    usage: readUsage(reply['usage']),
    model: modelOf(reply),
  }
}

/** A completion whose prompt was scored. Throws `llm-reply` where the scores are missing. */
export function readCompletion(json: unknown, host: string): CompletionReply {
  const reply = record(json)
  const { tokens, top_logprobs: tops, text_offset: offsets } = record(record(list(reply['choices'])[0])['logprobs'])
  if (!Array.isArray(tokens) || !Array.isArray(tops) || !Array.isArray(offsets) || tokens.length > mostTokens) {
    throw notAReply(host)
  }
  return {
    tokens: tokens.map((token, at) => ({
      token: String(token),
      top: Object.entries(record(tops[at])).flatMap(([other, logprob]) =>
        typeof logprob === 'number' ? [{ token: other, logprob }] : [],
      ),
      offset: typeof offsets[at] === 'number' ? offsets[at] : -1,
    })),
    usage: readUsage(reply['usage']),
    model: modelOf(reply),
  }
}

/** Vectors in the order of the texts. Throws `llm-reply` for another number of them, widths that differ, or what is no number. */
export function readVectors(
  json: unknown,
  texts: number,
  host: string,
): { vectors: Float32Array[]; usage: TokenUsage | null } {
  const reply = record(json)
  const vectors: Float32Array[] = []
  for (const [at, item] of list(reply['data']).entries()) {
    const { embedding, index } = record(item)
    const place = typeof index === 'number' ? index : at
    const vector = readVector(embedding)
    if (vector === null || !Number.isInteger(place) || place < 0 || place >= texts || vectors[place] !== undefined) {
      throw notAReply(host)
    }
    vectors[place] = vector
  }
  const width = vectors[0]?.length ?? 0
  for (let at = 0; at < texts; at++) if (vectors[at]?.length !== width || width === 0) throw notAReply(host)
  return { vectors, usage: readUsage(reply['usage']) }
}

function readVector(embedding: unknown): Float32Array | null {
  if (typeof embedding === 'string') {
    const bytes = Buffer.from(embedding, 'base64')
    if (bytes.length === 0 || bytes.length % 4 !== 0) return null
    const vector = new Float32Array(bytes.length / 4)
    for (let i = 0; i < vector.length; i++) vector[i] = bytes.readFloatLE(i * 4)
    return vector.every(Number.isFinite) ? vector : null
  }
  if (!Array.isArray(embedding) || !embedding.every((value) => typeof value === 'number')) return null
  const vector = Float32Array.from(embedding)
  return vector.every(Number.isFinite) ? vector : null
}

function readChatLogprobs(content: unknown): TokenLogprobs[] | null {
  if (!Array.isArray(content) || content.length > mostTokens) return null
  return content.map((item) => {
    const { token, bytes, top_logprobs: tops } = record(item)
    return {
      token: spelled(String(token), bytes),
      top: list(tops).flatMap((top) => {
        const { token: other, logprob } = record(top)
        return typeof other === 'string' && typeof logprob === 'number' ? [{ token: other, logprob }] : []
      }),
    }
  })
}

/** A token as its bytes spell it: of one that is part of a character the string is an escape, which nothing tells from text. */
function spelled(token: string, bytes: unknown): string {
  const areBytes = Array.isArray(bytes) && bytes.length > 0 && bytes.every((byte) => isCount(byte) && byte < 256)
  return areBytes ? Buffer.from(bytes as number[]).toString('utf8') : token
}

function finishOf(reason: unknown): ChatReply['finish'] {
  if (reason === 'stop' || reason === 'length') return reason
  return reason === 'content_filter' ? 'refused' : 'other'
}

function readUsage(json: unknown): TokenUsage | null {
  const { prompt_tokens: prompt, completion_tokens: completion } = record(json)
  if (!isCount(prompt)) return null
  return { promptTokens: prompt, completionTokens: isCount(completion) ? completion : 0 }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function modelOf(reply: Readonly<Record<string, unknown>>): string {
  const { model } = reply
  return typeof model === 'string' ? model.slice(0, 200) : ''
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function notAReply(host: string): SnipError {
  return new SnipError('llm-reply', `${host} answered something that is not what OpenAI's servers answer`, {
    remedy: 'Try the connection in the settings; check the address and the model.',
  })
}
