import { closeSync, copyFileSync, fsyncSync, mkdtempSync, openSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { ExportFormat } from '../src/contract/engine-host.ts'
import { createRandom } from '../src/core/stats/random.ts'
import { makeCheckpoint } from './checkpoint/make-checkpoint.ts'
import { gpt2Small } from './checkpoint/shapes.ts'
import { cacheFolder } from './harness/cache.ts'
import { hostWith } from './harness/host.ts'
import { memoryOf, watchMemory } from './harness/memory.ts'
import { readOptions, report, type Target } from './harness/report.ts'

/** Removes one neuron in fifty of each site, drawn by seed. */
function planOf(): { version: 1; neurons: string[]; replacement: 'zero' } {
  const random = createRandom(5)
  const neurons: string[] = []
  for (const [site, width] of [
    ['mlp', gpt2Small.inner],
    ['attention', gpt2Small.width],
  ] as const) {
    for (let layer = 0; layer < gpt2Small.layers; layer++) {
      for (const index of random.sample(width, Math.round(width / 50))) neurons.push(`${site}:${layer}:${index}`)
    }
  }
  return { version: 1, neurons, replacement: 'zero' }
}

interface Written {
  readonly realisation: 'zeroed' | 'compact'
  readonly weights: 'inline' | 'external'
  readonly format: ExportFormat
}

/** Exports the 498 MB model from a fresh host: writing with fsync and hash until the last byte, then its own verification. */
async function measureExport({ realisation, weights, format }: Written): Promise<void> {
  const { host, handle } = await hostWith(gpt2Small, 2)
  const folder = mkdtempSync(join(cacheFolder(), 'export-'))
  const pid = host.pid!
  const source = makeCheckpoint(gpt2Small)
  const companions = format === 'onnx' ? [] : tokenizerOf(source)
  try {
    const copying = secondsOfCopy(join(source, 'model.safetensors'), join(folder, 'copy'))
    const before = memoryOf(pid)
    const watch = watchMemory(pid)
    const start = performance.now()
    let written = start
    let bytes = 0
    let whileWriting = before
    let perToken = 0
    const file = join(folder, format === 'onnx' ? 'model.onnx' : 'model')
    const plan = planOf()
    const request = { handle, plan, realisation, format, file, weights, metadata: {}, companions }
    for await (const event of await host.client.exportModel(request)) {
      if (event.kind === 'done') {
        if (!event.verification.passed) throw new Error('The export did not verify')
        perToken = event.timing.exportedMsPerToken / event.timing.maskedMsPerToken
        continue
      }
      bytes = event.done
      if (event.done < event.total) continue
      written = performance.now()
      whileWriting = watch.take()
    }
    const end = performance.now()
    const verifying = watch.take()
    watch.stop()
    const model = format === 'onnx-folder' ? join(file, 'onnx/model.onnx') : file
    const tokenizer = join(source, 'tokenizer.json')
    const opening = performance.now()
    await host.client.open({ path: model, tokenizer, threads: 2, provider: 'cpu' })
    const opened = performance.now()
    const one = (name: string, unit: string, value: number, target: Target | null = null) =>
      report({
        kind: 'amount',
        name: `export ${format} ${realisation} ${weights}: ${name}`,
        unit,
        value: { min: value, median: value, max: value },
        count: 1,
        target,
      })
    const seconds = (written - start) / 1000
    one('writing', 'MB/s', bytes / 1e6 / seconds)
    one('writing a GB', 's', seconds / (bytes / 1e9))
    one(
      'writing / copying the source with fsync, bytes alike',
      'x',
      seconds / bytes / (copying.seconds / copying.bytes),
    )
    one('verification', 's', (end - written) / 1000)
    one('time per token of what was written / masked', 'x', perToken)
    one('opening it again', 's', (opened - opening) / 1000)
    const atMost = { relation: 'at most', value: 300 } as const
    one('extra memory while writing', 'MB', whileWriting.totalMb - before.totalMb, atMost)
    one('extra memory of its own while verifying', 'MB', verifying.ownMb - before.ownMb, atMost)
    one('mapped file pages while verifying', 'MB', verifying.mappedMb - before.mappedMb)
  } finally {
    rmSync(folder, { recursive: true, force: true })
    await host.stop()
  }
}

function tokenizerOf(source: string) {
  return ['tokenizer.json', 'tokenizer_config.json'].flatMap((name) => {
    const from = join(source, name)
    const stats = statSync(from, { throwIfNoEntry: false })
    return stats ? [{ from, name, bytes: stats.size }] : []
  })
}

/** A plain copy that lasts: what writing can be compared with on this disk. */
function secondsOfCopy(from: string, to: string): { seconds: number; bytes: number } {
  const start = performance.now()
  copyFileSync(from, to)
  const descriptor = openSync(to, 'r')
  fsyncSync(descriptor)
  closeSync(descriptor)
  const seconds = (performance.now() - start) / 1000
  const bytes = statSync(to).size
  rmSync(to)
  return { seconds, bytes }
}

const { quick } = readOptions()
await measureExport({ format: 'onnx', realisation: 'zeroed', weights: 'external' })
await measureExport({ format: 'onnx', realisation: 'compact', weights: 'external' })
await measureExport({ format: 'onnx-folder', realisation: 'compact', weights: 'external' })
await measureExport({ format: 'checkpoint', realisation: 'zeroed', weights: 'external' })
if (!quick) await measureExport({ format: 'onnx', realisation: 'zeroed', weights: 'inline' })
