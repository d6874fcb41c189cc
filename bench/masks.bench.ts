import { masksOf } from '../src/main/engine-host/model/open-model.ts'
import { int64Tensor, maskFeeds, purposes } from '../src/main/engine-host/sessions/model-sessions.ts'
import { gpt2Small } from './checkpoint/shapes.ts'
import { alternate, cost } from './harness/alternate.ts'
import { plural, readOptions, report } from './harness/report.ts'
import { idsOf, openShape, randomCorpus, windowTokens } from './harness/subject.ts'

const windows = 8

/** The loss session with its mask inputs (46,080 multipliers) against the same graph without masks. */
async function compareMasks(threads: number, pairs: number): Promise<void> {
  const model = await openShape(gpt2Small, threads)
  const ids = idsOf(randomCorpus(gpt2Small, windows), 0, windows)
  const dims = [windows, windowTokens]
  const feeds = { input_ids: int64Tensor(ids, dims), targets: int64Tensor(ids, dims) }
  const masks = maskFeeds(masksOf(model, null))
  const masked = await model.sessions.get(purposes.losses)
  const plain = await model.sessions.get({ ...purposes.losses, masks: false })
  const alternated = await alternate(
    () => cost(() => masked.run({ ...feeds, ...masks })),
    () => cost(() => plain.run(feeds)),
    pairs,
  )
  report({
    kind: 'ratio',
    name: `mask inputs, losses of ${windows} x ${windowTokens} tokens, ${plural(threads, 'thread')}`,
    sides: ['masks', 'none'],
    target: { relation: 'at most', value: 1.03, by: threads === 1 ? 'cpu' : 'wall' },
    ...alternated,
  })
  await model.sessions.release()
}

const { threads, quick } = readOptions()
for (const count of threads) await compareMasks(count, quick ? 5 : 25)
