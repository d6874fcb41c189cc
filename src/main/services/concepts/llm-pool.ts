/**
 * Works on what a source gives, `width` at a time, in the order in which it gives them; they end in any order. The first that throws
 * stops the rest through `stop`, and is thrown when all have ended.
 */
export async function inParallel<T>(
  source: AsyncGenerator<T>,
  width: number,
  stop: AbortController,
  work: (item: T) => Promise<void>,
): Promise<void> {
  let failure: { readonly error: unknown } | null = null
  async function worker(): Promise<void> {
    try {
      while (failure === null) {
        const { done, value } = await source.next()
        if (done) return
        await work(value as T)
      }
    } catch (error) {
      failure ??= { error }
      stop.abort()
    }
  }
  await Promise.all(Array.from({ length: width }, worker))
  await source.return(undefined)
  if (failure !== null) throw (failure as { readonly error: unknown }).error
}
