import { createHash } from 'node:crypto'

/** A chat request as the server reads it. */
export interface ChatBody {
  readonly model: string
  readonly messages: readonly { readonly role: string; readonly content: string }[]
  readonly max_tokens?: number
  readonly max_completion_tokens?: number
  readonly logprobs?: boolean
  readonly top_logprobs?: number
  readonly stream?: boolean
  readonly n?: number
}

export interface CompletionBody {
  readonly model: string
  readonly prompt: string
  readonly max_tokens?: number
  readonly echo?: boolean
  readonly logprobs?: number
}

/** What the model behind the server says: the planted truth of a test. */
export interface PlantedModel {
  chat(body: ChatBody): string
  /** Likeliest tokens at a place of an answer or of an echoed prompt, natural logarithms; the token itself where left out. */
  topAt?(token: string, place: number, body: ChatBody | CompletionBody): Readonly<Record<string, number>>
}

/** Tokens as the server cuts them: words with the space before them, digits and other characters one by one. */
export function tokensOf(text: string): string[] {
  return text.match(/ ?[\p{L}\p{M}]+|\d|\s|[^\s\p{L}\p{M}\d]/gu) ?? []
}

export function chatAnswer(body: ChatBody, text: string, finish: 'stop' | 'length' | 'content_filter' = 'stop') {
  return (model: PlantedModel) => {
    const tokens = tokensOf(text)
    const prompt = body.messages.reduce((sum, { content }) => sum + tokensOf(content).length, 0)
    return {
      id: `chatcmpl-${hashOf(body).slice(0, 12)}`,
      object: 'chat.completion',
      created: 1_700_000_000,
      model: body.model,
      choices: [
        {
          index: 0,
          finish_reason: finish,
          message: { role: 'assistant', content: text, refusal: null },
          logprobs:
            body.logprobs === true ? { content: tokens.map((token, i) => logprobOf(model, token, i, body)) } : null,
        },
      ],
      usage: { prompt_tokens: prompt, completion_tokens: tokens.length, total_tokens: prompt + tokens.length },
    }
  }
}

function logprobOf(model: PlantedModel, token: string, place: number, body: ChatBody) {
  const top = model.topAt?.(token, place, body) ?? { [token]: 0 }
  return {
    token,
    logprob: top[token] ?? -20,
    bytes: [...Buffer.from(token)],
    top_logprobs: Object.entries(top)
      .slice(0, body.top_logprobs ?? 0)
      .map(([other, logprob]) => ({ token: other, logprob, bytes: [...Buffer.from(other)] })),
  }
}

/** The answer to an echoed prompt: every token of it with the likeliest ones at its place. */
export function completionAnswer(body: CompletionBody, model: PlantedModel) {
  const tokens = tokensOf(body.prompt)
  let offset = 0
  const offsets = tokens.map((token) => (offset += token.length) - token.length)
  return {
    id: `cmpl-${hashOf(body).slice(0, 12)}`,
    object: 'text_completion',
    created: 1_700_000_000,
    model: body.model,
    choices: [
      {
        index: 0,
        text: body.echo === true ? body.prompt : '',
        finish_reason: 'length',
        logprobs: {
          tokens,
          token_logprobs: tokens.map((_, i) => (i === 0 ? null : 0)),
          top_logprobs: tokens.map((token, i) => (i === 0 ? null : (model.topAt?.(token, i, body) ?? { [token]: 0 }))),
          text_offset: offsets,
        },
      },
    ],
    usage: { prompt_tokens: tokens.length, completion_tokens: 0, total_tokens: tokens.length },
  }
}

/** Vectors in which texts that share words are alike: each word adds a fixed direction of its own. */
export function embeddingAnswer(model: string, texts: readonly string[], dimensions: number) {
  const data = texts.map((text, index) => ({ object: 'embedding', index, embedding: embeddingOf(text, dimensions) }))
  const tokens = texts.reduce((sum, text) => sum + tokensOf(text).length, 0)
  return { object: 'list', model, data, usage: { prompt_tokens: tokens, total_tokens: tokens } }
}

export function embeddingOf(text: string, dimensions: number): number[] {
  const vector = Array.from({ length: dimensions }, () => 0)
  for (const word of text.toLowerCase().match(/\p{L}+|\d+/gu) ?? ['']) {
    const digest = createHash('sha512').update(word).digest()
    for (let i = 0; i < dimensions; i++) vector[i]! += digest[i % digest.length]! / 127.5 - 1
  }
  const length = Math.hypot(...vector) || 1
  return vector.map((value) => value / length)
}

/** SHA-256 of a request's body: the same question has the same one. */
export function hashOf(body: unknown): string {
  return createHash('sha256').update(JSON.stringify(body)).digest('hex')
}
