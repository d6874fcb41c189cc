/** The world as a command sees it: real in a process, made up in a test. */
export interface CommandIo {
  out(text: string): void
  err(text: string): void
  readonly outIsTerminal: boolean
  readonly errIsTerminal: boolean
  /** Width of the terminal. */
  readonly columns: number
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Aborted by Ctrl-C, with the number of the signal as its reason. */
  readonly signal: AbortSignal
  /** The built engine host. */
  readonly hostFile: string
  /** What the program ships: the demo. */
  readonly resources: string
}
