/**
 * Threads that the engine computes with: what was set, or with 0 what SNIP_THREADS says (for a machine that is shared), or else one for
 * each processor. A SNIP_THREADS that is no whole number from 1 to 256 counts for nothing.
 */
export function threadsOf(
  setting: number,
  environment: Readonly<Record<string, string | undefined>>,
  processors: number,
): number {
  if (setting > 0) return setting
  const wished = Number(environment['SNIP_THREADS'])
  return Number.isInteger(wished) && wished >= 1 && wished <= 256 ? wished : processors
}
