import type { ChatRequest, CompletionRequest } from '../../../../core/concepts/language-model.ts'

type CountTokens = (text: string, options: { readonly disallowedSpecial: Set<string> }) => number

/** Tokens that OpenAI's chat format adds around each message, and before the answer. */
const perMessage = 3
const perReply = 3
/** Merging tokens takes the square of the length of a word: what has no space is cut into pieces of this many characters. */
const longestRun = 128
const mostRemembered = 4000
const mostRememberedCharacters = 16_000_000
const nothingSpecial: { readonly disallowedSpecial: Set<string> } = { disallowedSpecial: new Set() }

/** Counts tokens as OpenAI's models do; for others that is a near guess, and `exact` says so. */
export interface TokenCounter {
  readonly name: string
  readonly exact: boolean
  /** The most that a server can count in truth where we count so many: other tokenizers need more tokens for the same text. */
  most(count: number): number
  text(text: string): number
  chat(request: ChatRequest): number
  completion(request: CompletionRequest): number
}

/** The counter for a model by its name: o200k_base of the newer ones, cl100k_base of GPT-4, GPT-3.5 and the embeddings. */
export async function loadTokenCounter(model: string): Promise<TokenCounter> {
  const older = /^(?:gpt-4(?![o.\d])|gpt-3\.5|text-embedding-)/.test(model)
  const newer = /^(?:gpt-4o|gpt-4\.|gpt-5|chatgpt-4o|o[1-9])/.test(model)
  const { countTokens } = older
    ? await import('gpt-tokenizer/encoding/cl100k_base')
    : await import('gpt-tokenizer/encoding/o200k_base')
  return createTokenCounter(older ? 'cl100k_base' : 'o200k_base', older || newer, countTokens as CountTokens)
}

function createTokenCounter(name: string, exact: boolean, countTokens: CountTokens): TokenCounter {
  // The examples of a prompt are the same in thousands of requests.
  const known = new Map<string, number>()
  let characters = 0
  const text = (given: string): number => {
    const before = known.get(given)
    if (before !== undefined) return before
    let count = 0
    for (const part of shortRuns(given)) count += countTokens(part, nothingSpecial)
    if (known.size >= mostRemembered || characters > mostRememberedCharacters) {
      known.clear()
      characters = 0
    }
    known.set(given, count)
    characters += given.length
    return count
  }
  return {
    name,
    exact,
    most: (count) => Math.ceil(count * (exact ? 1.05 : 2)) + 32,
    text,
    chat: ({ messages }) =>
      messages.reduce((sum, { role, content }) => sum + perMessage + text(role) + text(content), perReply),
    completion: ({ prompt }) => text(prompt),
  }
}

/** A text in pieces without runs that are longer than the counter can take; one piece for nearly every text. */
function shortRuns(text: string): string[] {
  if (!/\S{256}|\s{256}/u.test(text)) return [text]
  return text.match(new RegExp(`\\S{1,${longestRun}}|\\s{1,${longestRun}}`, 'gu')) ?? []
}
