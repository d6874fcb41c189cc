import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createRandom } from '../src/core/stats/random.ts'
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

/** Exports the 498 MB model from a fresh host: writing with fsync and hash until the last byte, then its own verification. */
async function measureExport(realisation: 'zeroed' | 'compact', weights: 'inline' | 'external'): Promise<void> {
  const { host, handle } = await hostWith(gpt2Small, 2)
  const folder = mkdtempSync(join(cacheFolder(), 'export-'))
  const pid = host.pid!
  try {
    const before = memoryOf(pid)
    const watch = watchMemory(pid)
    const start = performance.now()
    let written = start
    let bytes = 0
    let whileWriting = before
    const stream = await host.client.exportModel({
      handle,
      plan: planOf(),
      realisation,
      file: join(folder, 'model.onnx'),
      weights,
      metadata: {},
    })
    for await (const event of stream) {
      if (event.kind === 'done') {
        if (!event.verification.passed) throw new Error('The export did not verify')
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
    const one = (name: string, unit: string, value: number, target: Target | null = null) =>
      report({
        kind: 'amount',
        name: `export ${realisation} ${weights}: ${name}`,
        unit,
        value: { min: value, median: value, max: value },
        count: 1,
        target,
      })
    one('writing', 'MB/s', bytes / 1e6 / ((written - start) / 1000))
    one('verification', 's', (end - written) / 1000)
    const atMost = { relation: 'at most', value: 300 } as const
    one('extra memory while writing', 'MB', whileWriting.totalMb - before.totalMb, atMost)
    one('extra memory of its own while verifying', 'MB', verifying.ownMb - before.ownMb, atMost)
    one('mapped file pages while verifying', 'MB', verifying.mappedMb - before.mappedMb)
  } finally {
    rmSync(folder, { recursive: true, force: true })
    await host.stop()
  }
}

const { quick } = readOptions()
await measureExport('zeroed', 'external')
await measureExport('compact', 'external')
if (!quick) await measureExport('zeroed', 'inline')
