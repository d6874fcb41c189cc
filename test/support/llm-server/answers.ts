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

/** A piece of a token, as a vocabulary of bytes has it. */
interface Piece {
  /** As OpenAI's servers write it: what is part of a character is a row of escapes. */
  readonly shown: string
  readonly bytes: readonly number[]
}

/** What a vocabulary of bytes makes of a token: characters of three bytes and more come in two pieces, the last byte alone. */
function piecesOf(token: string): Piece[] {
  if (!/[\u0800-\u{10ffff}]/u.test(token)) return [{ shown: token, bytes: [...Buffer.from(token)] }]
  const whole = token.split(/([\u0800-\u{10ffff}])/u).filter((part) => part !== '')
  return whole.flatMap((part) => {
    const bytes = [...Buffer.from(part)]
    if (!/^[\u0800-\u{10ffff}]$/u.test(part)) return [{ shown: part, bytes }]
    return [bytes.slice(0, -1), bytes.slice(-1)].map((some) => ({
      shown: some.map((byte) => `\\x${byte.toString(16)}`).join(''),
      bytes: some,
    }))
  })
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
            body.logprobs === true
              ? { content: tokens.flatMap((token, i) => logprobsOf(model, token, i, body)) }
              : null,
        },
      ],
      usage: { prompt_tokens: prompt, completion_tokens: tokens.length, total_tokens: prompt + tokens.length },
    }
  }
}

function logprobsOf(model: PlantedModel, token: string, place: number, body: ChatBody) {
  return piecesOf(token).map(({ shown, bytes }) => {
    const top = shown === token ? (model.topAt?.(token, place, body) ?? { [token]: 0 }) : { [shown]: 0 }
    return {
      token: shown,
      logprob: top[shown] ?? -20,
      bytes,
      top_logprobs: Object.entries(top)
        .slice(0, body.top_logprobs ?? 0)
        .map(([other, logprob]) => ({ token: other, logprob, bytes: [...Buffer.from(other)] })),
    }
  })
}

/** The answer to an echoed prompt: every piece of it with the likeliest ones at its place, and its offset in code points, as servers in Python count. */
export function completionAnswer(body: CompletionBody, model: PlantedModel) {
  const tokens = tokensOf(body.prompt)
  const pieces: { token: string; offset: number; top: Readonly<Record<string, number>> | null }[] = []
  let offset = 0
  for (const [i, token] of tokens.entries()) {
    for (const { shown } of piecesOf(token)) {
      const isWhole = shown === token
      const top = isWhole ? (model.topAt?.(token, i, body) ?? { [token]: 0 }) : { [shown]: 0 }
      pieces.push({ token: isWhole ? token : `bytes:${shown}`, offset, top: pieces.length === 0 ? null : top })
    }
    offset += Array.from(token).length
  }
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
          tokens: pieces.map(({ token }) => token),
          token_logprobs: pieces.map((_, i) => (i === 0 ? null : 0)),
          top_logprobs: pieces.map(({ top }) => top),
          text_offset: pieces.map((piece) => piece.offset),
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
