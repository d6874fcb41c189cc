import { readFileSync } from 'node:fs'

/** Memory of a process in MB: what is its own, and what it maps of files, which the page cache shares. */
export interface Memory {
  readonly ownMb: number
  readonly mappedMb: number
  readonly totalMb: number
}

/** Reads /proc (Linux only). */
export function memoryOf(pid: number | 'self' = 'self'): Memory {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? NaN) / 1024
  return { ownMb: field('RssAnon'), mappedMb: field('RssFile'), totalMb: field('VmRSS') }
}

/** Watches a process and keeps the largest values seen. */
export function watchMemory(pid: number, everyMs = 10) {
  let peak = memoryOf(pid)
  const look = () => {
    const now = memoryOf(pid)
    peak = {
      ownMb: Math.max(peak.ownMb, now.ownMb),
      mappedMb: Math.max(peak.mappedMb, now.mappedMb),
      totalMb: Math.max(peak.totalMb, now.totalMb),
    }
  }
  const timer = setInterval(look, everyMs)
  return {
    /** The peak since the last call. */
    take(): Memory {
      look()
      const taken = peak
      peak = memoryOf(pid)
      return taken
    },
    stop: () => clearInterval(timer),
  }
}
