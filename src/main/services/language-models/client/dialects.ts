import type { ProviderAddress } from '../providers/provider-url.ts'

/** Parameters that a model may refuse, and that a question can do without. */
const droppable = ['temperature', 'top_p', 'seed'] as const
const lengthNames = ['max_tokens', 'max_completion_tokens'] as const

type Droppable = (typeof droppable)[number]
type LengthName = (typeof lengthNames)[number]
export type RefusedParameter = Droppable | LengthName

/** How a chat model is asked. */
export interface Dialect {
  readonly lengthName: LengthName
  /** What is left out, in alphabetical order. */
  readonly without: readonly Droppable[]
}

/** OpenAI's own host wants the newer name of the longest answer; servers beside it know the older one. */
const newerHost = 'api.openai.com'

export function usualDialect({ host }: Pick<ProviderAddress, 'host'>): Dialect {
  return { lengthName: host === newerHost ? 'max_completion_tokens' : 'max_tokens', without: [] }
}

/** What models have refused, by address and model, for the life of the process: those that reason take no temperature but their own. */
export class Dialects {
  readonly #known = new Map<string, Dialect>()

  of(address: Pick<ProviderAddress, 'baseUrl' | 'host'>, model: string): Dialect {
    return this.#known.get(keyOf(address, model)) ?? usualDialect(address)
  }

  /** Learns what a question that was asked in `spoken` was refused for. True where asking anew, in the dialect of now, makes another question. */
  learn(
    address: Pick<ProviderAddress, 'baseUrl' | 'host'>,
    model: string,
    spoken: Dialect,
    refused: RefusedParameter,
  ): boolean {
    const known = this.of(address, model)
    const next = isLengthName(refused) ? withOtherLength(known, refused, address) : without(known, refused)
    const helps = isLengthName(refused)
      ? spoken.lengthName === refused && next.lengthName !== refused
      : !spoken.without.includes(refused)
    if (helps) this.#known.set(keyOf(address, model), next)
    return helps
  }
}

/** What is unusual in a dialect, as text; empty for the usual one. */
export function peculiarities(dialect: Dialect, address: Pick<ProviderAddress, 'host'>): string {
  const isUsual = dialect.lengthName === usualDialect(address).lengthName
  return [...(isUsual ? [] : [dialect.lengthName]), ...dialect.without].join(' ')
}

/** The parameter that an answer with status 400 or 422 says a model does not take; null where it says something else. */
export function refusedParameter(
  status: number,
  { message, code, param }: { readonly message: string; readonly code: string; readonly param: string },
): RefusedParameter | null {
  if (status !== 400 && status !== 422) return null
  const isRefusal = /unsupported|not support|unrecogni[sz]ed|unknown|deprecated|extra (?:inputs|fields)/i
  if (!isRefusal.test(`${code} ${message}`)) return null
  const names = [...droppable, ...lengthNames]
  const named = names.find((name) => name === param)
  if (named !== undefined) return named
  // The first that is named: "Use 'max_completion_tokens' instead" comes behind what is refused.
  const first = /\b(temperature|top_p|seed|max_completion_tokens|max_tokens)\b/.exec(message)?.[1]
  return names.find((name) => name === first) ?? null
}

function isLengthName(refused: RefusedParameter): refused is LengthName {
  return refused === 'max_tokens' || refused === 'max_completion_tokens'
}

/** To the other name, and never back: a server that refuses both is not asked for ever. */
function withOtherLength(known: Dialect, refused: LengthName, address: Pick<ProviderAddress, 'host'>): Dialect {
  if (refused !== usualDialect(address).lengthName) return known
  return { ...known, lengthName: refused === 'max_tokens' ? 'max_completion_tokens' : 'max_tokens' }
}

function without(known: Dialect, refused: Droppable): Dialect {
  return { ...known, without: [...new Set([...known.without, refused])].toSorted() }
}

function keyOf({ baseUrl }: Pick<ProviderAddress, 'baseUrl'>, model: string): string {
  return JSON.stringify([baseUrl, model])
}
