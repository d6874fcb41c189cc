const most = 500
const longest = 2000

/** The last lines that the process logged, for the diagnostics. */
export class LogTail {
  readonly #lines: string[] = []

  add(line: string): void {
    if (this.#lines.push(line.slice(0, longest)) > most) this.#lines.shift()
  }

  get lines(): readonly string[] {
    return this.#lines
  }
}
