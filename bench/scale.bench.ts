import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { createRandom } from '../src/core/stats/random.ts'
import type { EngineHost } from '../src/main/engine-host/client/engine-host-process.ts'
import { startEngineHost } from '../src/main/engine-host/client/engine-host-process.ts'
import { estimateMemory } from '../src/main/services/models/memory-estimate.ts'
import { makeCheckpoint } from './checkpoint/make-checkpoint.ts'
import { llamaOfHalves, llamaOfThreeGigabytes, makeLlama } from './checkpoint/make-llama.ts'
import { gpt2Small } from './checkpoint/shapes.ts'
import { builtFile, repositoryFile } from './harness/built.ts'
import { cacheFolder } from './harness/cache.ts'
import { last, textCorpus } from './harness/host.ts'
import { watchMemory, type Memory } from './harness/memory.ts'
import { readOptions, report, type Target } from './harness/report.ts'

type Facts = Awaited<ReturnType<EngineHost['client']['open']>>

interface Subject {
  readonly host: EngineHost
  readonly facts: Facts
  /** Its memory once the model is open. */
  readonly opened: Memory
  /** The largest memory since the last call. */
  takePeak(): Memory
}

/** A fresh engine process with the model open: what an earlier purpose left behind would count. */
async function withModel<T>(path: string, use: (subject: Subject) => Promise<T>): Promise<T> {
  const host = startEngineHost({ hostFile: builtFile('engine-host.worker.js'), log: (line) => console.error(line) })
  const watch = watchMemory(host.pid!)
  try {
    const facts = await host.client.open({ path, tokenizer: null, threads: 2, provider: 'cpu' })
    return await use({ host, facts, opened: watch.take(), takePeak: () => watch.take() })
  } finally {
    watch.stop()
    await host.stop()
  }
}

function amount(name: string, unit: string, value: number, target: Target | null = null): void {
  report({ kind: 'amount', name, unit, value: { min: value, median: value, max: value }, count: 1, target })
}

/** The peak of a purpose beside what was estimated from the headers. */
function judgePeak(name: string, purpose: string, facts: Facts, peak: Memory): void {
  const estimated = estimateMemory(facts, 0).purposes.find((each) => each.purpose === purpose)!.bytes / 2 ** 20
  amount(`${name}, ${purpose}: estimated`, 'MB', estimated)
  amount(`${name}, ${purpose}: of its own at the peak`, 'MB', peak.ownMb)
  amount(`${name}, ${purpose}: mapped files at the peak`, 'MB', peak.mappedMb)
  amount(`${name}, ${purpose}: peak`, 'MB', peak.totalMb, { relation: 'at most', value: Math.round(estimated) })
}

/** One neuron in fifty of each site, drawn by seed. */
function planOf({ neurons }: Facts): { version: 1; neurons: string[]; replacement: 'zero' } {
  const random = createRandom(5)
  const chosen: string[] = []
  for (const site of ['mlp', 'attention'] as const) {
    for (const [layer, width] of neurons[site].entries()) {
      for (const index of random.sample(width, Math.round(width / 50))) chosen.push(`${site}:${layer}:${index}`)
    }
  }
  return { version: 1, neurons: chosen, replacement: 'zero' }
}

async function measureRecord(name: string, path: string, tokens: number, scratch: string): Promise<void> {
  await withModel(path, async ({ host, facts, opened, takePeak }) => {
    amount(`${name}, import: peak`, 'MB', opened.totalMb)
    const { handle } = facts
    const corpus = await textCorpus(host, handle, tokens)
    const directory = join(scratch, 'recording')
    mkdirSync(directory)
    const start = performance.now()
    await last(await host.client.record({ handle, corpus, directory, sites: ['mlp', 'attention'], seed: 1 }))
    amount(`${name}, record ${tokens} tokens`, 's', (performance.now() - start) / 1000)
    judgePeak(name, 'record', facts, takePeak())
    rmSync(directory, { recursive: true })
  })
}

async function measureEvaluate(name: string, path: string, tokens: number): Promise<void> {
  await withModel(path, async ({ host, facts, takePeak }) => {
    const { handle } = facts
    const corpus = await textCorpus(host, handle, tokens)
    await last(await host.client.losses({ handle, corpus, plan: planOf(facts), ranks: false }))
    judgePeak(name, 'evaluate', facts, takePeak())
  })
}

async function measureGenerate(name: string, path: string): Promise<void> {
  await withModel(path, async ({ host, facts, takePeak }) => {
    const settings = { maxNewTokens: 32, temperature: 0, seed: 1 }
    await last(await host.client.generate({ handle: facts.handle, ids: [5, 6, 7], plan: null, settings }))
    judgePeak(name, 'generate', facts, takePeak())
  })
}

async function measureExport(name: string, path: string, scratch: string): Promise<void> {
  const file = join(scratch, 'model.onnx')
  await withModel(path, async ({ host, facts, opened, takePeak }) => {
    const { handle } = facts
    const start = performance.now()
    let written = start
    let whileWriting = opened
    const request = {
      handle,
      plan: planOf(facts),
      realisation: 'zeroed',
      file,
      weights: 'external',
      metadata: {},
    } as const
    for await (const event of await host.client.exportModel(request)) {
      if (event.kind === 'done') {
        if (!event.verification.passed || event.verification.maxAbsLogit !== 0) throw new Error('The export differs')
      } else if (event.done === event.total) {
        written = performance.now()
        whileWriting = takePeak()
      }
    }
    const verifying = takePeak()
    const atMost = { relation: 'at most', value: 300 } as const
    amount(`${name}, export: weights beside the file`, 'MB', statSync(`${file}.data`).size / 1e6)
    amount(`${name}, export: writing`, 's', (written - start) / 1000)
    amount(`${name}, export: verification`, 's', (performance.now() - written) / 1000)
    amount(`${name}, export: extra memory while writing`, 'MB', whileWriting.totalMb - opened.totalMb, atMost)
    amount(`${name}, export: extra memory of its own while verifying`, 'MB', verifying.ownMb - opened.ownMb, atMost)
    judgePeak(name, 'export', facts, verifying.totalMb > whileWriting.totalMb ? verifying : whileWriting)
  })
  await withModel(path, async ({ host, facts }) => {
    const { client } = host
    const ids = [3, 1, 4, 1, 5, 9, 2, 6]
    const masked = await client.logprobs({ handle: facts.handle, ids, plan: planOf(facts) })
    const tokenizer = join(path, 'tokenizer.json')
    const reopened = await client.open({ path: file, tokenizer, threads: 2, provider: 'cpu' })
    await client.close({ handle: facts.handle })
    const again = await client.logprobs({ handle: reopened.handle, ids, plan: null })
    const difference = Math.max(...masked.logprobs.map((value, i) => Math.abs(value - again.logprobs[i]!)))
    amount(`${name}, export opened again: largest difference of a loss`, 'nats', difference, {
      relation: 'at most',
      value: 1e-5,
    })
  })
}

async function measure(name: string, path: string, tokens: number): Promise<void> {
  const scratch = mkdtempSync(join(cacheFolder(), 'scale-'))
  try {
    await measureRecord(name, path, tokens, scratch)
    await measureExport(name, path, scratch)
    await measureEvaluate(name, path, Math.min(tokens, 2048))
    await measureGenerate(name, path)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

/**
 * Peak memory of the engine by purpose beside its estimate, and what an export takes: of the demo, of 500 MB in F32, of 400 MB in F16, and of
 * 3 GB in two files. `--quick` leaves the last one out; `--large` takes it alone.
 */
const { quick } = readOptions()
if (!process.argv.includes('--large')) {
  await measure('demo', repositoryFile('resources/demo/model'), 8192)
  await measure('GPT-2 small', makeCheckpoint(gpt2Small), 4096)
  await measure('F16 Llama', makeLlama(llamaOfHalves), 4096)
}
if (!quick) await measure('3 GB', makeLlama(llamaOfThreeGigabytes), 10_000)
