/** Wraps an event stream so that its errors are translated as those of a plain call are; other outputs pass through. */
export function guardStream(output: unknown, translate: (error: unknown) => unknown): unknown {
  if (typeof output !== 'object' || output === null || !(Symbol.asyncIterator in output)) return output
  const source = output as AsyncIteratorObject<unknown, unknown, void>
  return (async function* guarded() {
    try {
      return yield* source
    } catch (error) {
      throw await translate(error)
    }
  })()
}
