import type { MemoryNow, VideoMemory } from '../../contract/workbench/app.ts'
import { formatBytes } from './numbers.ts'

/** Memory in one line: what is free, and what the engine has. */
export function memoryWords({ freeBytes, totalBytes, engineBytes }: MemoryNow): string {
  const engine = engineBytes === null ? '' : `, ${formatBytes(engineBytes)} in the engine`
  return `${formatBytes(freeBytes)} of ${formatBytes(totalBytes)} memory free${engine}`
}

/** One line for each GPU, or why none is shown. */
export function videoMemoryWords({ gpus, note }: VideoMemory): string[] {
  if (gpus.length === 0) return [note ?? 'No GPU found.']
  return gpus.map(({ totalBytes, usedBytes }, index) => {
    const name = gpus.length === 1 ? 'Video memory' : `Video memory of GPU ${index + 1}`
    if (totalBytes === null) return `${name}: the driver does not tell.`
    if (usedBytes === null) return `${name}: ${formatBytes(totalBytes)}; the driver does not tell how much is free.`
    return `${name}: ${formatBytes(totalBytes - usedBytes)} of ${formatBytes(totalBytes)} free.`
  })
}

/** The same as few words as the status line has room for. */
export function memoryShortly({ freeBytes, engineBytes, video }: MemoryNow): string {
  const words = [`${formatBytes(freeBytes)} free`]
  if (engineBytes !== null) words.push(`engine ${formatBytes(engineBytes)}`)
  const known = video.gpus.filter(({ totalBytes, usedBytes }) => totalBytes !== null && usedBytes !== null)
  if (known.length > 0) {
    const free = known.reduce((sum, { totalBytes, usedBytes }) => sum + totalBytes! - usedBytes!, 0)
    words.push(`GPU ${formatBytes(free)} free`)
  }
  return words.join(' · ')
}
