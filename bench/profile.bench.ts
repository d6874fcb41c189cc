import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import * as ort from 'onnxruntime-node'
import type { GraphPurpose } from '../src/core/onnx/decoder-graph.ts'
import type { OpenModel } from '../src/main/engine-host/model/open-model.ts'
import { masksOf } from '../src/main/engine-host/model/open-model.ts'
import { int64Tensor, maskFeeds, purposes } from '../src/main/engine-host/sessions/model-sessions.ts'
import { demoSize, gpt2Small } from './checkpoint/shapes.ts'
import { bareGraphBytes } from './harness/bare-session.ts'
import { cacheFolder } from './harness/cache.ts'
import { readOptions } from './harness/report.ts'
import { idsOf, openShape, randomCorpus, windowTokens } from './harness/subject.ts'

/** Where a session's time goes, by operator: not a figure of the table, but how a missed target is looked into. */
const windows = 8
const shape = process.argv.includes('--demo-size') ? demoSize : gpt2Small
const runs = 12

interface ProfileEvent {
  readonly cat: string
  readonly name: string
  readonly dur: number
  readonly args?: { readonly op_name?: string }
}

async function profile(model: OpenModel, graph: Uint8Array, title: string, threads: number): Promise<void> {
  const prefix = join(cacheFolder(), `profile-${process.pid}`)
  const session = await ort.InferenceSession.create(graph, {
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
    intraOpNumThreads: threads,
    enableProfiling: true,
    profileFilePrefix: prefix,
    extra: { session: { model_external_initializers_file_folder_path: model.weights.folder } },
  })
  const ids = idsOf(randomCorpus(shape, windows), 0, windows)
  const dims = [windows, windowTokens]
  const every: Record<string, ort.Tensor> = {
    input_ids: int64Tensor(ids, dims),
    targets: int64Tensor(ids, dims),
    valid: new ort.Tensor('float32', new Float32Array(ids.length).fill(1), [1, ids.length]),
    ...maskFeeds(masksOf(model, null)),
  }
  const feeds = Object.fromEntries(session.inputNames.map((name) => [name, every[name]!]))
  for (let i = 0; i < runs; i++) await session.run(feeds)
  session.endProfiling()
  await session.release()
  const file = readdirSync(cacheFolder()).find((name) => name.startsWith(`profile-${process.pid}`))!
  const events = JSON.parse(readFileSync(join(cacheFolder(), file), 'utf8')) as ProfileEvent[]
  rmSync(join(cacheFolder(), file))
  // The fastest of each node's runs: what others did on the machine meanwhile counts least.
  const fastest = new Map<string, { operator: string; ms: number }>()
  for (const { cat, dur, args, name } of events) {
    if (cat !== 'Node' || !name.endsWith('_kernel_time')) continue
    const ms = Math.min(dur / 1000, fastest.get(name)?.ms ?? Infinity)
    fastest.set(name, { operator: args?.op_name ?? 'unknown', ms })
  }
  const byOperator = new Map<string, { count: number; ms: number }>()
  for (const { operator, ms } of fastest.values()) {
    const entry = byOperator.get(operator) ?? { count: 0, ms: 0 }
    byOperator.set(operator, { count: entry.count + 1, ms: entry.ms + ms })
  }
  const total = [...byOperator.values()].reduce((sum, { ms }) => sum + ms, 0)
  console.log(`\n${title}: ${total.toFixed(1)} ms in operators for ${windows} x ${windowTokens} tokens`)
  for (const [operator, { count, ms }] of [...byOperator].toSorted(([, x], [, y]) => y.ms - x.ms).slice(0, 16)) {
    const share = ((100 * ms) / total).toFixed(1).padStart(5)
    console.log(`${operator.padEnd(24)} ${String(count).padStart(4)} nodes ${ms.toFixed(1).padStart(8)} ms ${share} %`)
  }
}

const { threads } = readOptions()
const model = await openShape(shape, threads[0]!)
const bytesFor = (purpose: GraphPurpose) => model.graphs.bytes(purpose)
await profile(model, bytesFor(purposes.losses), 'losses', threads[0]!)
await profile(model, bytesFor(purposes.lossesAndRanks), 'losses and ranks', threads[0]!)
await profile(model, bareGraphBytes(model), 'bare, no head', threads[0]!)
await profile(model, bytesFor(purposes.record(['mlp', 'attention'])), 'record', threads[0]!)
