import type { NeuronTable } from '../src/contract/workbench/neurons.ts'
import { filterNeurons } from '../src/main/services/review/filter-neurons.ts'
import { cutKey, sortRowsBy } from '../src/main/services/review/sort-rows.ts'
import { emptyFilter, filterRows } from '../src/renderer/views/neurons/table-order.ts'
import { spread } from './harness/alternate.ts'
import { readOptions, report } from './harness/report.ts'

const { quick } = readOptions()
const repeats = quick ? 5 : 15
const layers = 32
const width = 9600
/** 307,200 neurons. */
const rows = layers * width

const layout: NeuronTable['layout'] = Array.from({ length: layers }, (_, layer) => {
  return { site: 'mlp', layer, first: layer * width, width }
})
const topics = ['verbs of motion', 'names of cities', 'indentation in code', 'closing brackets', 'words about food']
const texts = Array.from({ length: rows }, (_, row) => {
  return `the tokens "t${row % 977}", "u${row % 991}" and "v${row % 997}"; weakly ${topics[row % 5]} after ${row}`
})
const status = new Uint8Array(rows).fill(1)

/** Reports how long something takes, in milliseconds. */
async function time(name: string, work: () => unknown): Promise<void> {
  await work()
  const times: number[] = []
  for (let at = 0; at < repeats; at++) {
    const start = performance.now()
    await work()
    times.push(performance.now() - start)
  }
  const target = { relation: 'at most', value: 100 } as const
  report({ kind: 'amount', name, unit: 'ms', value: spread(times), count: repeats, target })
}

const nothing = new Float32Array(rows)
const columns = {
  revision: 1,
  rows,
  layout,
  freq: nothing,
  meanAbs: nothing,
  rms: nothing,
  stdPopulation: nothing,
  mean: nothing,
  max: nothing,
  conceptScore: nothing,
  status,
  pin: new Uint8Array(rows),
  concepts: texts,
}
const filter = { ...emptyFilter, text: 'brackets v42' }
const slices = { next: () => Promise.resolve(true) }
await time('a table of 307,200 neurons filtered by two words', () => filterRows(columns, null, null, filter, slices))

const data = { evidence: { layout, rows }, concepts: { texts, status } } as unknown as Parameters<
  typeof filterNeurons
>[0]
await time('a review queue of 307,200 neurons filtered by two words', () =>
  filterNeurons(data, { text: 'brackets v42', statuses: ['suggested'] }),
)

const all = Uint32Array.from({ length: rows }, (_, row) => row)
const distances = Float32Array.from(all, (row) => 3000 - ((row * 104_729) % rows))
await time('307,200 neurons put in the order of their nearness to a cut', () =>
  sortRowsBy(all, (row) => cutKey(distances[row]!)),
)
