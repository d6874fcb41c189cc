import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { gpt2Small } from './checkpoint/shapes.ts'
import { cacheFolder } from './harness/cache.ts'
import { hostWith, last, textCorpus } from './harness/host.ts'
import { readOptions } from './harness/report.ts'
import { reportLag, ticksDuring } from './harness/ticks.ts'

const { quick } = readOptions()
const { host, handle } = await hostWith(gpt2Small, 2)
const corpus = await textCorpus(host, handle, quick ? 4096 : 16384)
const directory = mkdtempSync(join(cacheFolder(), 'lag-'))
try {
  reportLag('engine idle', await ticksDuring(() => sleep(quick ? 3000 : 10_000)), false)
  const record = () => host.client.record({ handle, corpus, directory, sites: ['mlp', 'attention'], seed: 1 })
  reportLag('engine recording', await ticksDuring(async () => last(await record())), true)
  const losses = () => host.client.losses({ handle, corpus, plan: null, ranks: true })
  reportLag('engine evaluating', await ticksDuring(async () => last(await losses())), true)
} finally {
  rmSync(directory, { recursive: true, force: true })
  await host.stop()
}
