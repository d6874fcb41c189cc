/** Lets other callers in: for loops that would hold this process for longer than a few milliseconds. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
