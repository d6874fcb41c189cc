/** What language models are used for at this moment, in the words of the ledger. */
export class AtWork {
  readonly #uses = new Set<{ readonly purpose: string }>()

  /** Ends when the returned function is called. */
  begin(purpose: string): () => void {
    const use = { purpose }
    this.#uses.add(use)
    return () => void this.#uses.delete(use)
  }

  /** Each once. */
  get purposes(): readonly string[] {
    return [...new Set(Array.from(this.#uses, ({ purpose }) => purpose))]
  }
}
