import type { EngineHostClient } from '../../engine-host/client/engine-host-process.ts'
import type { ReadableWindow } from './recorded-windows.ts'

/**
 * What a sentence predicts for some windows, by window number, on the scale of the activations: the simulator's levels times
 * the factor that fits all shown windows best (least squares through 0, never negative). Null when it cannot be read.
 */
export async function simulateWindows(
  client: EngineHostClient,
  handle: string,
  text: string,
  windows: readonly ReadableWindow[],
  signal: AbortSignal,
): Promise<readonly (readonly number[])[] | null> {
  if (text.trim() === '' || windows.length === 0) return null
  const { levels } = await client.simulate({ handle, text, windows: windows.map(({ ids }) => [...ids]) }, { signal })
  if (levels === null) return null
  const factor = scaleOf(
    levels,
    windows.map(({ activations }) => activations),
  )
  return levels.map((values) => values.map((level) => level * factor))
}

export function scaleOf(levels: readonly (readonly number[])[], activations: readonly (readonly number[])[]): number {
  let products = 0
  let squares = 0
  for (const [window, values] of levels.entries()) {
    for (const [token, level] of values.entries()) {
      products += level * (activations[window]?.[token] ?? 0)
      squares += level * level
    }
  }
  return squares === 0 ? 0 : Math.max(0, products / squares)
}
