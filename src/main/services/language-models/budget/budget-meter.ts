import { SnipError } from '../../../../contract/failure.ts'
import { allowMany, cancelled } from '../clock.ts'
import type { Budget, Spending } from '../language-models.ts'

/** Tokens and money of one request; money is null where no price is known. */
export interface Charge {
  readonly promptTokens: number
  readonly completionTokens: number
  readonly cost: number | null
}

/**
 * What one piece of work has spent, and what its requests under way may spend at most: a request goes out only when both
 * together stay within the caps. A server may take more than was asked for (its own system prompt, reasoning that it does not show):
 * where there is a cap one request goes ahead of all others, and what it cost too much is expected of every later one.
 */
export class BudgetMeter {
  #calls = 0
  #reused = 0
  #promptTokens = 0
  #completionTokens = 0
  #cost = 0
  #unpriced = false
  #reservedTokens = 0
  #reservedCost = 0
  #reservations = 0
  /** The most that a request took beyond what was reserved for it. */
  #excessTokens = 0
  #excessCost = 0
  /** Whether a server has said what one of these requests took. */
  #isUseKnown = false
  readonly #waiting = new Set<() => void>()
  /** Caps of the work; null for none. */
  budget: Budget | null = null
  /** Hears of the first request that took more than was reserved for it. */
  exceeded: ((most: Charge, spent: Charge) => void) | null = null

  /**
   * Takes the most that a request can cost, or so many requests together. Waits for requests under way where these decide; throws `budget`
   * where nothing can help.
   */
  async reserve(most: Charge, signal: AbortSignal, requests = 1): Promise<void> {
    for (;;) {
      if (signal.aborted) throw cancelled()
      const next = this.#expected(most, requests)
      if (!this.#fits(next, 0, 0)) throw this.#refusal(next)
      if (this.#reservations === 0 || (!this.#goesAhead && this.#fits(next, ...this.#underWay))) break
      await this.#change(signal)
    }
    this.#reservations += requests
    this.#reservedTokens += tokensOf(most)
    this.#reservedCost += most.cost ?? 0
  }

  /** Gives a reservation back for what was really spent; null where nothing was. */
  settle(most: Charge, spent: Charge | null, requests = 1): void {
    this.#reservations -= requests
    this.#reservedTokens -= tokensOf(most)
    // Sums of fractions: nothing reserved is exactly nothing.
    this.#reservedCost = this.#reservations === 0 ? 0 : this.#reservedCost - (most.cost ?? 0)
    if (spent !== null) {
      // A charge in full is no news: nobody said what the request took.
      if (spent !== most) this.#learn(most, spent)
      this.add(spent)
    }
    for (const wake of this.#waiting) wake()
    this.#waiting.clear()
  }

  /** Counts what one of several requests took that were reserved together, and learns from it. */
  addOne(most: Charge, spent: Charge): void {
    this.#learn(most, spent)
    this.add(spent)
  }

  /** Counts what was spent without a reservation: earlier, before the work was resumed. */
  add({ promptTokens, completionTokens, cost }: Charge): void {
    this.#promptTokens += promptTokens
    this.#completionTokens += completionTokens
    if (cost === null) this.#unpriced = true
    else this.#cost += cost
  }

  countCall(): void {
    this.#calls++
  }

  countReuse(): void {
    this.#reused++
  }

  get spending(): Spending {
    return {
      calls: this.#calls,
      promptTokens: this.#promptTokens,
      completionTokens: this.#completionTokens,
      cost: this.#unpriced ? null : this.#cost,
      reused: this.#reused,
    }
  }

  /** Whether the one request under way goes ahead of all others. */
  get #goesAhead(): boolean {
    const { maxTokens = null, maxCost = null } = this.budget ?? {}
    return !this.#isUseKnown && (maxTokens !== null || maxCost !== null)
  }

  /** Tokens and money that requests under way may take. */
  get #underWay(): [tokens: number, cost: number] {
    const count = this.#reservations
    return [this.#reservedTokens + count * this.#excessTokens, this.#reservedCost + count * this.#excessCost]
  }

  #expected({ promptTokens, completionTokens, cost }: Charge, requests: number): Charge {
    return {
      promptTokens,
      completionTokens: completionTokens + requests * this.#excessTokens,
      cost: cost === null ? null : cost + requests * this.#excessCost,
    }
  }

  #learn(most: Charge, spent: Charge): void {
    this.#isUseKnown = true
    const tokens = tokensOf(spent) - tokensOf(most)
    const cost = (spent.cost ?? 0) - (most.cost ?? 0)
    if (tokens <= 0 && cost <= 1e-9) return
    if (this.#excessTokens === 0 && this.#excessCost === 0) this.exceeded?.(most, spent)
    this.#excessTokens = Math.max(this.#excessTokens, tokens)
    this.#excessCost = Math.max(this.#excessCost, cost)
  }

  #fits(most: Charge, reservedTokens: number, reservedCost: number): boolean {
    const { maxTokens = null, maxCost = null } = this.budget ?? {}
    const tokens = this.#promptTokens + this.#completionTokens + reservedTokens + tokensOf(most)
    if (maxTokens !== null && tokens > maxTokens) return false
    if (maxCost === null) return true
    return most.cost !== null && this.#cost + reservedCost + most.cost <= maxCost + 1e-9
  }

  #refusal(most: Charge): SnipError {
    const { maxTokens = null, maxCost = null } = this.budget ?? {}
    const remedy = 'Raise the cap to go on; what is answered is kept.'
    if (maxCost !== null && most.cost === null) return unpriced()
    const overTokens = maxTokens !== null && this.#promptTokens + this.#completionTokens + tokensOf(most) > maxTokens
    return overTokens
      ? new SnipError(
          'budget',
          `The cap of ${withSeparators(maxTokens)} tokens is reached: ${withSeparators(this.#promptTokens + this.#completionTokens)} are spent and the next request may take ${withSeparators(tokensOf(most))}`,
          { remedy },
        )
      : new SnipError(
          'budget',
          `The cap of $${maxCost} is reached: $${this.#cost.toFixed(4)} is spent and the next request may take $${(most.cost ?? 0).toFixed(4)}`,
          { remedy },
        )
  }

  #change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const wake = () => {
        signal.removeEventListener('abort', give)
        resolve()
      }
      const give = () => {
        this.#waiting.delete(wake)
        reject(cancelled())
      }
      allowMany(signal)
      signal.addEventListener('abort', give, { once: true })
      this.#waiting.add(wake)
    })
  }
}

/** A cap in money means nothing without a price. */
export function unpriced(): SnipError {
  return new SnipError('budget', 'A cap in money is set, and the price of this model is not known', {
    remedy: 'Enter its price in the settings, or set a cap in tokens alone.',
  })
}

function tokensOf({ promptTokens, completionTokens }: Charge): number {
  return promptTokens + completionTokens
}

/** No server takes so many tokens for one request of ours: a system prompt, or reasoning, are shorter. */
const mostBelieved = 200_000

/**
 * What a request is charged, for prompt and answer each: what the server says where that can be true, from half of our own count on.
 * It may be more than was reserved, as system prompts and reasoning that is not shown are paid for, too. What no server can have taken
 * (ten times what was reserved, and more than 200,000) is charged as what was reserved; without a word from the server, or with one
 * that is too low, our own count is.
 */
export function believableUsage(
  said: { readonly promptTokens: number; readonly completionTokens: number } | null,
  own: {
    readonly promptTokens: number
    readonly mostPromptTokens: number
    readonly completionTokens: number
    readonly mostCompletionTokens: number
  },
): { promptTokens: number; completionTokens: number } {
  return {
    promptTokens: believable(said?.promptTokens, own.promptTokens, own.mostPromptTokens),
    completionTokens: believable(said?.completionTokens, own.completionTokens, own.mostCompletionTokens),
  }
}

function believable(said: number | undefined, own: number, most: number): number {
  if (said === undefined || !Number.isSafeInteger(said) || said < Math.floor(own / 2)) return Math.min(own, most)
  return said <= Math.max(10 * most, mostBelieved) ? said : most
}

function withSeparators(tokens: number): string {
  return tokens.toLocaleString('en-US')
}
