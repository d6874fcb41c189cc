import { readFileSync } from 'node:fs'
import { freemem, totalmem } from 'node:os'
import type { MemoryNow, VideoMemory } from '../../../contract/workbench/app.ts'
import { readVideoMemory } from './video-memory.ts'

/** How long an answer of the driver is good, in milliseconds; without a GPU the tool is asked again only now and then. */
const goodMs = 2000
const goodWithoutGpuMs = 60_000

export interface MemoryWatchOptions {
  /** The running engine; undefined when there is none. Asking must not start one. */
  readonly enginePid: () => number | undefined
  readonly videoMemory?: () => Promise<VideoMemory>
  readonly now?: () => number
}

/** How full the memory of this machine is. Cheap enough to be asked every few seconds: the driver is asked once for all who ask. */
export class MemoryWatch {
  readonly #options: MemoryWatchOptions
  #asked: { readonly answer: Promise<VideoMemory>; goodUntil: number } | null = null

  constructor(options: MemoryWatchOptions) {
    this.#options = options
  }

  async read(): Promise<MemoryNow> {
    const video = await this.#video()
    return {
      freeBytes: freemem(),
      totalBytes: totalmem(),
      engineBytes: residentBytes(this.#options.enginePid()),
      video,
    }
  }

  #video(): Promise<VideoMemory> {
    const { videoMemory = readVideoMemory, now = Date.now } = this.#options
    if (this.#asked !== null && now() < this.#asked.goodUntil) return this.#asked.answer
    const asked = { answer: videoMemory(), goodUntil: Infinity }
    this.#asked = asked
    const wait = async () => {
      const { gpus } = await asked.answer
      asked.goodUntil = now() + (gpus.length > 0 ? goodMs : goodWithoutGpuMs)
    }
    void wait()
    return asked.answer
  }
}

/** Memory that a process has in use, where the system tells. */
export function residentBytes(pid: number | null | undefined): number | null {
  if (pid === null || pid === undefined) return null
  try {
    const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return kilobytes === undefined ? null : Number(kilobytes) * 1024
  } catch {
    return null
  }
}
