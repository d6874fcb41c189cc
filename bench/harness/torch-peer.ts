import { spawn, spawnSync } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Cost } from './alternate.ts'
import { repositoryFile } from './built.ts'

const python = process.env['SNIP_BENCH_PYTHON'] ?? '/usr/bin/python3'

export interface TorchReply extends Cost {
  readonly meanLoss?: number
  /** Sum of |activation| over all neurons and tokens. */
  readonly checksum?: number
}

/** PyTorch in a process of its own, which runs one thing at a time when asked. */
export interface TorchPeer {
  readonly version: string
  run(work: 'loss' | 'bare' | 'record', ids: Int32Array, windows: number): Promise<TorchReply>
  close(): void
}

/** Whether the Python of `SNIP_BENCH_PYTHON` (default /usr/bin/python3) has PyTorch. */
export function torchVersion(): string | null {
  const found = spawnSync(python, ['-c', 'import torch, numpy; print(torch.__version__)'], { encoding: 'utf8' })
  return found.status === 0 ? found.stdout.trim() : null
}

/** Starts bench/torch_peer.py on a checkpoint folder. */
export async function startTorch(folder: string, threads: number): Promise<TorchPeer> {
  const script = repositoryFile('bench/torch_peer.py')
  // PyTorch's own setting does not reach OpenBLAS, which starts a thread on every core.
  const env = { ...process.env, OMP_NUM_THREADS: String(threads), OPENBLAS_NUM_THREADS: String(threads) }
  const child = spawn(python, [script, folder, String(threads)], { stdio: ['pipe', 'pipe', 'inherit'], env })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async () => {
    const { value, done } = await lines.next()
    if (done) throw new Error('PyTorch ended')
    return JSON.parse(value) as TorchReply & { torch: string }
  }
  const { torch: version } = await next()
  return {
    version,
    run(work, ids, windows) {
      child.stdin.write(`${JSON.stringify({ work, windows, ids: Array.from(ids) })}\n`)
      return next()
    },
    close() {
      child.stdin.end()
    },
  }
}
