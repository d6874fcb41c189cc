import { execFile } from 'node:child_process'
import { withoutSecrets } from '../../../contract/child-environment.ts'
import type { VideoMemory } from '../../../contract/workbench/app.ts'

const mebibyte = 1024 * 1024
const patienceMs = 2000
const longestAnswer = 64 * 1024

/**
 * What `nvidia-smi --query-gpu=memory.total,memory.used --format=csv,noheader,nounits` printed, one line for each GPU, in MiB.
 * A number that the driver does not tell (`[N/A]`, where GPU and processor share their memory) is null; null for anything else.
 */
export function parseVideoMemory(text: string): VideoMemory['gpus'] | null {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  const gpus = []
  for (const line of lines) {
    const cells = line.split(',').map((cell) => cell.trim())
    if (cells.length !== 2 || !cells.every((cell) => /^\d{1,9}$|^\[.+\]$/.test(cell))) return null
    const [totalBytes = null, usedBytes = null] = cells.map((cell) =>
      /^\d+$/.test(cell) ? Number(cell) * mebibyte : null,
    )
    gpus.push({ totalBytes, usedBytes })
  }
  return gpus.length === 0 ? null : gpus
}

/** Runs a program and gives what it printed. Rejects when there is none, when it fails, and after `timeout` milliseconds. */
export type RunTool = (file: string, args: readonly string[], timeout: number) => Promise<string>

/** Asks the driver's own tool how full the video memory is. Never throws, and gives up after two seconds. */
export async function readVideoMemory(run: RunTool = runTool, platform = process.platform): Promise<VideoMemory> {
  if (platform === 'darwin') return { gpus: [], note: 'A Mac shares its memory with the GPU.' }
  const args = ['--query-gpu=memory.total,memory.used', '--format=csv,noheader,nounits']
  let text: string
  try {
    text = await run('nvidia-smi', args, patienceMs)
  } catch (error) {
    const { code, killed } = error as { code?: unknown; killed?: boolean }
    if (code === 'ENOENT') return { gpus: [], note: 'No GPU found: there is no nvidia-smi here.' }
    if (killed === true) return { gpus: [], note: 'The GPU driver did not answer within two seconds.' }
    return { gpus: [], note: 'No GPU found: nvidia-smi failed.' }
  }
  const gpus = parseVideoMemory(text)
  return gpus === null ? { gpus: [], note: 'No GPU found: nvidia-smi names none.' } : { gpus, note: null }
}

function runTool(file: string, args: readonly string[], timeout: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const env = withoutSecrets(process.env)
    const options = { timeout, killSignal: 'SIGKILL', maxBuffer: longestAnswer, windowsHide: true, env } as const
    execFile(file, args, options, (error, stdout) => (error ? reject(error) : resolve(stdout)))
  })
}
