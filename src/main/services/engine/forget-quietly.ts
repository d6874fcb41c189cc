/**
 * Waits for the engine to forget something that it kept for a piece of work. An engine that is gone, or that has closed the
 * model, forgot it already: that must not turn finished work into a failure, nor hide the failure that ended it.
 */
export async function forgetQuietly(forgetting: Promise<unknown>): Promise<void> {
  try {
    await forgetting
  } catch {
    // Nothing is left to forget.
  }
}
