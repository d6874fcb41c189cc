/** The values asked for last, by key: the one not asked for the longest goes when there are too many. A failed one is not kept. */
export class RecentValues<Value> {
  readonly #most: number
  readonly #values = new Map<string, Promise<Value>>()

  constructor(most: number) {
    this.#most = most
  }

  async get(key: string, make: () => Promise<Value>): Promise<Value> {
    const value = this.#values.get(key) ?? make()
    this.#values.delete(key)
    this.#values.set(key, value)
    for (const old of this.#values.keys()) {
      if (this.#values.size <= this.#most) break
      this.#values.delete(old)
    }
    try {
      return await value
    } catch (error) {
      if (this.#values.get(key) === value) this.#values.delete(key)
      throw error
    }
  }
}
