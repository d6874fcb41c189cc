import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { demoSize } from './checkpoint/shapes.ts'
import { cacheFolder } from './harness/cache.ts'
import { spread } from './harness/alternate.ts'
import { hostWith, last, textCorpus } from './harness/host.ts'
import { readOptions, report } from './harness/report.ts'

/** Tokens a second of the demo-size model through the engine host, as a service sees them; sessions are warm. */
async function perSecond(name: string, tokens: number, times: number, work: () => Promise<unknown>): Promise<void> {
  await work()
  const rates: number[] = []
  for (let i = 0; i < times; i++) {
    const start = performance.now()
    await work()
    rates.push(tokens / ((performance.now() - start) / 1000))
  }
  report({
    kind: 'amount',
    name: `demo-size model: ${name}`,
    unit: 'tokens/s',
    value: spread(rates),
    count: times,
    target: null,
  })
}

const { quick } = readOptions()
const { host, handle } = await hostWith(demoSize, 2)
const tokens = quick ? 8192 : 40_960
const corpus = await textCorpus(host, handle, tokens)
const times = quick ? 2 : 5
try {
  const sites: ('mlp' | 'attention')[] = ['mlp', 'attention']
  await perSecond('record', tokens, times, async () => {
    // A finished recording leaves its checkpoint behind, which the next one in the same folder would continue.
    const directory = mkdtempSync(join(cacheFolder(), 'throughput-'))
    await last(await host.client.record({ handle, corpus, directory, sites, seed: 1 }))
    rmSync(directory, { recursive: true, force: true })
  })
  await perSecond('evaluate', tokens, times, async () =>
    last(await host.client.losses({ handle, corpus, plan: null, ranks: true })),
  )
  const settings = { maxNewTokens: 200, temperature: 0.8, seed: 1 }
  const ids = [1, 2, 3, 4]
  await perSecond('generate', 200, times, async () =>
    last(await host.client.generate({ handle, ids, plan: null, settings })),
  )
} finally {
  await host.stop()
}
