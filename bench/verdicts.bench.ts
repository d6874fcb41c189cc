import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { reviewConcepts } from '../src/main/services/neurons/concept-edits.ts'
import { NeuronTables } from '../src/main/services/neurons/neuron-tables.ts'
import { listRankings } from '../src/main/services/rankings/rankings.ts'
import { reviewedNeuron } from '../src/main/services/review/reviewed-neuron.ts'
import { Sentences } from '../src/main/services/review/second-opinions.ts'
import type { Change } from '../src/main/services/workspace/document-store.ts'
import { spread } from './harness/alternate.ts'
import { largeNeurons, makeLargeWorkspace, openBenchSession } from './harness/large-workspace.ts'
import { readOptions, report } from './harness/report.ts'

/** One verdict more in a workspace that has none, and in one where every neuron has one: to the answer, and what the page then asks for. */
const { quick } = readOptions()
const repeats = quick ? 9 : 31
const width = 9728
const home = mkdtempSync(join(tmpdir(), 'snip-verdicts-'))

const amount = (name: string, values: readonly number[]) =>
  report({ kind: 'amount', name, unit: 'ms', value: spread(values), count: values.length, target: null })

async function timed(work: () => unknown): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}

try {
  const folder = await makeLargeWorkspace(home)
  const session = openBenchSession(join(home, 'data-of-bench'))
  try {
    await session.workspaces.open(folder)
    const workspace = session.workspace()
    const tables = new NeuronTables(session)
    const sentences = new Sentences()
    const { concepts } = await tables.data()
    // A ranking that was made from concepts is looked at after every verdict: whether it is out of date.
    const ranking = workspace.store.get('ranking', 'large')!
    const inputs = { ...ranking.inputs, concepts: 'of another time' }
    await workspace.store.put([{ kind: 'ranking', key: 'large', after: { ...ranking, inputs } }])
    const neuronAt = (row: number) => `mlp:${Math.floor(row / width)}:${row % width}`
    let next = 0
    const verdicts = async (name: string) => {
      const times = { verdict: [] as number[], looks: [] as number[], undo: [] as number[] }
      for (let at = -2; at < repeats; at++) {
        const neuron = neuronAt((next += 7919) % largeNeurons)
        const status = workspace.store.get('review', neuron)?.status === 'accepted' ? 'rejected' : 'accepted'
        const verdict = await timed(() => reviewConcepts(session, tables, [neuron], status))
        const looks = await timed(async () => {
          await tables.data()
          await reviewedNeuron(tables, sentences, neuron)
          session.workspaces.state()
          listRankings(workspace)
        })
        const undo = at % 3 === 0 ? await timed(() => workspace.store.undo()) : null
        if (at < 0) continue
        times.verdict.push(verdict)
        times.looks.push(looks)
        if (undo !== null) times.undo.push(undo)
      }
      amount(`${name}: a verdict`, times.verdict)
      amount(`${name}: columns, the neuron, the steps and the rankings after it`, times.looks)
      amount(`${name}: undo`, times.undo)
    }
    await verdicts('no verdicts')
    const all = Array.from({ length: largeNeurons }, (_, row): Change => {
      const sentence = {
        text: concepts.texts[row]!,
        author: 'lexical',
        explainer: 'lexical',
        score: null,
        scoreKind: null,
      }
      const said = { author: 'Ada', at: row, sentence, latest: 'large' }
      return { kind: 'review', key: neuronAt(row), after: { status: row % 3 === 0 ? 'rejected' : 'accepted', ...said } }
    })
    await workspace.store.put(all)
    await tables.data()
    await verdicts(`${largeNeurons} verdicts`)
  } finally {
    await session.dispose()
  }
} finally {
  rmSync(home, { recursive: true, force: true })
}
