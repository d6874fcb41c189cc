import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { countNeurons } from '../src/core/ranking/neuron-space.ts'
import { recordCorpus } from '../src/main/engine-host/operations/record.ts'
import { int64Tensor, purposes } from '../src/main/engine-host/sessions/model-sessions.ts'
import { gpt2Small } from './checkpoint/shapes.ts'
import { cost, summarise, type Cost } from './harness/alternate.ts'
import { bareSession } from './harness/bare-session.ts'
import { cacheFolder } from './harness/cache.ts'
import { insertedShare, writeDeepCheckpoint } from './harness/deep-recording.ts'
import { plural, readOptions, report, type Target } from './harness/report.ts'
import { idsOf, openShape, randomCorpus, windowTokens } from './harness/subject.ts'
import { startTorch, torchVersion } from './harness/torch-peer.ts'

/** Windows of the batches that a recording of this shape uses: 512 tokens. */
const batchWindows = 8
const sites = ['mlp', 'attention'] as const
const deepStart = 8192
const restMs = 60

/**
 * The engine's own recording (`recordCorpus`), batch by batch; before each batch the same windows go through the bare graph (all layers,
 * nothing recorded, no head) and through PyTorch with hooks. Two stretches: a whole short corpus, where new windows enter the top
 * lists all the time and every window is sampled for the histograms; and the end of a recording of half a million tokens.
 */
async function compareRecording(threads: number, shortBatches: number, deepBatches: number): Promise<void> {
  const model = await openShape(gpt2Small, threads)
  const neurons = countNeurons(model.space)
  const torch = await startTorch(model.path, threads)
  const bare = await bareSession(model)
  await model.sessions.get(purposes.record(sites))
  const by = threads === 1 ? 'cpu' : 'wall'

  const stretch = async (title: string, directory: string, windows: number, first: number, judged: boolean) => {
    const corpus = randomCorpus(gpt2Small, windows)
    const ours: Cost[] = []
    const bareCosts: Cost[] = []
    const torchCosts: Cost[] = []
    const bareRun = (ids: Int32Array) => () => bare.run({ input_ids: int64Tensor(ids, [batchWindows, windowTokens]) })
    const recording = recordCorpus(model, corpus, directory, sites, 1, undefined, () => Infinity)
    for (let start = first; start < windows; start += batchWindows) {
      const ids = idsOf(corpus, start, start + batchWindows)
      if (start === first) {
        await bareRun(ids)()
        await torch.run('record', ids, batchWindows)
      }
      bareCosts.push(await cost(bareRun(ids)))
      await sleep(restMs)
      torchCosts.push(await torch.run('record', ids, batchWindows))
      await sleep(restMs)
      ours.push(await cost(() => recording.next()))
    }
    const finished = await cost(async () => {
      let step = await recording.next()
      while (!step.done) step = await recording.next()
      if (step.value.resumedAtWindow !== first)
        throw new Error(`The recording went on at ${step.value.resumedAtWindow}`)
    })
    // The first batch of a resumed recording reads its checkpoint.
    const from = first > 0 ? 1 : 0
    const compare = (what: string, pair: [string, string], a: Cost[], b: Cost[], target: Target | null) =>
      report({
        kind: 'ratio',
        name: `${what}: ${title}, ${plural(threads, 'thread')}`,
        sides: pair,
        target: judged ? target : null,
        ...summarise(a.slice(from), b.slice(from)),
      })
    // The top lists run on one thread whatever the engine uses: only one against one compares the same work.
    const overBare: Target = { relation: 'at most', value: 1.18, by }
    compare('recording over bare forward', ['recording', 'bare'], ours, bareCosts, threads === 1 ? overBare : null)
    compare('PyTorch caching all over recording', ['PyTorch', 'recording'], torchCosts, ours, {
      relation: 'at least',
      value: 1.4,
      by,
    })
    return finished
  }

  const folders = [0, 1].map(() => mkdtempSync(join(cacheFolder(), 'recording-'))) as [string, string]
  try {
    const shortWindows = shortBatches * batchWindows
    const tokens = (windows: number) => (windows * windowTokens).toLocaleString('en')
    const finished = await stretch(`a corpus of ${tokens(shortWindows)} tokens`, folders[0], shortWindows, 0, false)
    const once = { min: finished.wallMs, median: finished.wallMs, max: finished.wallMs }
    report({
      kind: 'amount',
      name: `writing a recording of ${neurons} neurons`,
      unit: 'ms',
      value: once,
      count: 1,
      target: null,
    })
    writeDeepCheckpoint(folders[0], folders[1], neurons, shortWindows, windowTokens, deepStart, batchWindows)
    const deepWindows = deepStart + deepBatches * batchWindows
    const title = `the last ${deepBatches} batches of ${tokens(deepWindows)} tokens`
    await stretch(title, folders[1], deepWindows, deepStart, true)
    console.log(
      `  new windows entered the top lists ${insertedShare(folders[1], deepStart, deepWindows).toFixed(2)} x as often as expected`,
    )
  } finally {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true })
  }
  torch.close()
  await bare.release()
  await model.sessions.release()
}

if (torchVersion() === null) throw new Error('No Python with PyTorch: set SNIP_BENCH_PYTHON')
const { threads, quick } = readOptions()
for (const count of threads) await compareRecording(count, quick ? 24 : 96, quick ? 13 : 49)
