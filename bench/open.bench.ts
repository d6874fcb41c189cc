import { execFileSync } from 'node:child_process'
import { makeCheckpoint } from './checkpoint/make-checkpoint.ts'
import { gpt2Small } from './checkpoint/shapes.ts'
import { spread } from './harness/alternate.ts'
import { builtFile } from './harness/built.ts'
import type { Memory } from './harness/memory.ts'
import { readOptions, report } from './harness/report.ts'

interface Opening {
  readonly openMs: number
  readonly graphMs: number
  readonly sessionMs: number
  readonly graphMemory: Memory
  readonly sessionMemory: Memory
}

/** Opening the 498 MB checkpoint, each time in a fresh process; the file is in the page cache. */
const { quick } = readOptions()
const folder = makeCheckpoint(gpt2Small)
type Mode = 'graph' | 'mapped' | 'prepacked'
const modes: readonly Mode[] = ['graph', 'mapped', 'prepacked']
const openings: Record<Mode, Opening[]> = { graph: [], mapped: [], prepacked: [] }
for (let i = 0; i < (quick ? 3 : 15); i++) {
  for (const mode of modes) {
    const answer = execFileSync(process.execPath, [builtFile('open.worker.js'), folder, mode], { encoding: 'utf8' })
    openings[mode].push(JSON.parse(answer) as Opening)
  }
}
function amount(name: string, unit: string, mode: Mode, value: (opening: Opening) => number, limit?: number): void {
  const values = openings[mode].map(value)
  const target = limit === undefined ? null : ({ relation: 'at most', value: limit } as const)
  report({ kind: 'amount', name, unit, value: spread(values), count: values.length, target })
}
amount('open: from the path to the graph', 'ms', 'graph', (o) => o.openMs + o.graphMs, 100)
amount('open: memory with the graph', 'MB', 'graph', (o) => o.graphMemory.totalMb, 60)
amount(
  'open: memory with the graph and a session over the mapped file',
  'MB',
  'graph',
  (o) => o.sessionMemory.totalMb,
  60,
)
amount('open: a session over the mapped file', 'ms', 'graph', (o) => o.sessionMs)
amount('open: all of it, with a tokenizer of 50,257 tokens', 'ms', 'mapped', (o) => o.openMs)
amount('open: memory of all of it', 'MB', 'mapped', (o) => o.graphMemory.totalMb)
amount('open: a session with prepacked weights', 'ms', 'prepacked', (o) => o.sessionMs)
amount('open: memory with a prepacked session', 'MB', 'prepacked', (o) => o.sessionMemory.totalMb)
