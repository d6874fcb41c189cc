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
 * together stay within the caps.
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
  readonly #waiting = new Set<() => void>()
  /** Caps of the work; null for none. */
  budget: Budget | null = null

  /** Takes the most that a request can cost. Waits for requests under way where these decide; throws `budget` where nothing can help. */
  async reserve(most: Charge, signal: AbortSignal): Promise<void> {
    for (;;) {
      if (signal.aborted) throw cancelled()
      if (this.#fits(most, this.#reservedTokens, this.#reservedCost)) break
      if (this.#reservations === 0 || !this.#fits(most, 0, 0)) throw this.#refusal(most)
      await this.#change(signal)
    }
    this.#reservations++
    this.#reservedTokens += tokensOf(most)
    this.#reservedCost += most.cost ?? 0
  }

  /** Gives a reservation back for what was really spent; null where nothing was. */
  settle(most: Charge, spent: Charge | null): void {
    this.#reservations--
    this.#reservedTokens -= tokensOf(most)
    // Sums of fractions: nothing reserved is exactly nothing.
    this.#reservedCost = this.#reservations === 0 ? 0 : this.#reservedCost - (most.cost ?? 0)
    if (spent !== null) this.add(spent)
    for (const wake of this.#waiting) wake()
    this.#waiting.clear()
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
          `The cap of ${maxTokens} tokens is reached: ${this.#promptTokens + this.#completionTokens} are spent and the next request may take ${tokensOf(most)}`,
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

/**
 * What a request is charged, by what the server says where that can be true: from half of our own count to the most that was
 * reserved, for prompt and answer each. Otherwise our own count.
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
  return said !== undefined && said >= Math.floor(own / 2) && said <= most ? said : Math.min(own, most)
}
