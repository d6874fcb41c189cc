import { mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Folder for made checkpoints and scratch files: `SNIP_BENCH_CACHE`, or snip-bench below the system's temporary folder. */
export function cacheFolder(): string {
  const folder = process.env['SNIP_BENCH_CACHE'] ?? join(tmpdir(), 'snip-bench')
  mkdirSync(folder, { recursive: true })
  return folder
}
