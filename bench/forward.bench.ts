import type { OpenModel } from '../src/main/engine-host/model/open-model.ts'
import { masksOf } from '../src/main/engine-host/model/open-model.ts'
import { floatOutput, int64Tensor, maskFeeds, purposes } from '../src/main/engine-host/sessions/model-sessions.ts'
import { gpt2Small } from './checkpoint/shapes.ts'
import { alternate, cost } from './harness/alternate.ts'
import { plural, readOptions, report } from './harness/report.ts'
import { idsOf, openShape, randomCorpus, windowTokens } from './harness/subject.ts'
import { startTorch, torchVersion } from './harness/torch-peer.ts'

/** Losses of a batch of windows: the engine's loss session (masks and all) against PyTorch, f32, same weights, same threads. */
async function compareForward(threads: number, windows: number, pairs: number): Promise<void> {
  const model = await openShape(gpt2Small, threads)
  const torch = await startTorch(model.path, threads)
  const ids = idsOf(randomCorpus(gpt2Small, windows), 0, windows)
  const run = await lossRun(model, ids, windows)
  let torchLoss = NaN
  const alternated = await alternate(
    async () => {
      const reply = await torch.run('loss', ids, windows)
      torchLoss = reply.meanLoss!
      return reply
    },
    () => cost(run.run),
    pairs,
  )
  if (!(Math.abs(torchLoss - run.meanLoss()) < 1e-4)) {
    throw new Error(`The two sides differ: PyTorch ${torchLoss}, engine ${run.meanLoss()} nats`)
  }
  const target = threads === 2 ? ({ relation: 'at least', value: 1, by: 'wall' } as const) : null
  const name = `forward f32, ${windows} x ${windowTokens} tokens, ${plural(threads, 'thread')}`
  report({ kind: 'ratio', name, sides: ['PyTorch', 'engine'], target, ...alternated })
  torch.close()
  await model.sessions.release()
}

async function lossRun(model: OpenModel, ids: Int32Array, windows: number) {
  const session = await model.sessions.get(purposes.losses)
  const dims = [windows, windowTokens]
  const feeds = {
    input_ids: int64Tensor(ids, dims),
    targets: int64Tensor(
      Int32Array.from(ids, (_, i) => ids[i + 1] ?? 0),
      dims,
    ),
    ...maskFeeds(masksOf(model, null)),
  }
  let losses: Float32Array = new Float32Array(0)
  return {
    run: async () => {
      losses = floatOutput(await session.run(feeds), 'losses')
    },
    meanLoss: () => {
      const counted = Array.from(losses).filter((_, i) => i % windowTokens < windowTokens - 1)
      return counted.reduce((sum, value) => sum + value, 0) / counted.length
    },
  }
}

if (torchVersion() === null) throw new Error('No Python with PyTorch: set SNIP_BENCH_PYTHON')
const { threads, quick } = readOptions()
for (const count of threads) for (const windows of [8, 16]) await compareForward(count, windows, quick ? 5 : 15)
