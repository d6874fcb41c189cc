import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { importConcepts, lookAtConcepts } from '../src/main/services/exchange/import-concepts.ts'
import { NeuronTables } from '../src/main/services/neurons/neuron-tables.ts'
import { withProgress } from '../src/main/services/progress-stream.ts'
import { spread } from './harness/alternate.ts'
import { largeNeurons, makeLargeWorkspace, openBenchSession } from './harness/large-workspace.ts'
import { readOptions, report } from './harness/report.ts'
import { reportLag, ticksDuring } from './harness/ticks.ts'

/** How long the main loop is held while files of explanations of 62 MB are looked at and taken in, and until a cancelled one ends. */
const { quick } = readOptions()
const width = 9728
const mostBytes = (quick ? 6 : 62) * 1024 * 1024
const home = mkdtempSync(join(tmpdir(), 'snip-import-'))
const placeOf = (row: number) => [Math.floor(row / width), row % width] as const

/** As OpenAI publishes them: one sentence with what was simulated. */
function openAiRecord(row: number): string {
  const [layer, index] = placeOf(row)
  const tokens = Array.from({ length: 64 }, (_, at) => `tok"${(row * 31 + at) % 997}`)
  return JSON.stringify({
    neuron_id: { layer_index: layer, neuron_index: index },
    scored_explanations: [
      {
        explanation: `words of kind ${row}`,
        scored_simulation: {
          ev_correlation_score: (row % 100) / 100,
          simulation: { tokens, activations: tokens.map((_, at) => ((row + at) % 11) / 10) },
        },
      },
    ],
  })
}

/** A line of ours, as the export of another reviewer holds it: with a verdict. */
function ownCells(row: number): string {
  const [layer, index] = placeOf(row)
  return `mlp:${layer}:${index},words of kind ${row},lexical,lexical,0.5,pearson,accepted,,Ada,2026-01-01T00:00:00.000Z\r\n`
}

/** Writes parts until the file is as large as asked for, or there is no more; returns its path and how many parts it has. */
function fileOf(name: string, before: string, part: (row: number) => string, between: string, after: string) {
  const path = join(home, name)
  const file = openSync(path, 'w')
  let bytes = writeSync(file, before)
  let rows = 0
  for (; bytes < mostBytes && rows < largeNeurons; rows++) {
    bytes += writeSync(file, rows === 0 ? part(rows) : `${between}${part(rows)}`)
  }
  writeSync(file, after)
  closeSync(file)
  return { path, size: `${Math.round(bytes / 1024 / 1024)} MB, ${rows} concepts` }
}

try {
  const folder = await makeLargeWorkspace(home)
  const session = openBenchSession(join(home, 'data-of-bench'))
  try {
    await session.workspaces.open(folder)
    const tables = new NeuronTables(session)
    await tables.data()
    const head = 'neuron,text,author,explainer,score,scoreKind,status,reason,reviewer,reviewedAt\r\n'
    const files = [
      ['a JSON array', fileOf('array.json', '[', openAiRecord, ',\n', ']')],
      ['JSON lines', fileOf('lines.jsonl', '', openAiRecord, '\n', '\n')],
      ['a table of verdicts', fileOf('own.csv', head, ownCells, '', '')],
    ] as const
    for (const [name, { path, size }] of files) {
      reportLag(`looking at ${name} (${size})`, await ticksDuring(() => lookAtConcepts(tables, path)), false)
      const taken = await ticksDuring(() => importConcepts(session, tables, path))
      reportLag(`taking in ${name} (${size})`, taken, false)
      await session.workspace().store.undo()
    }
    const waits: number[] = []
    for (let at = 0; at < 9; at++) {
      let left = 0
      const stop = new AbortController()
      try {
        for await (const event of withProgress(stop.signal, (task) => lookAtConcepts(tables, files[0][1].path, task))) {
          if (event.kind === 'done') throw new Error('It was read before it could be cancelled')
          left = performance.now()
          stop.abort()
        }
      } catch (error) {
        if (!stop.signal.aborted) throw error
      }
      waits.push(performance.now() - left)
    }
    const target = { relation: 'at most', value: 100 } as const
    const name = 'from Cancel to the end of reading'
    report({ kind: 'amount', name, unit: 'ms', value: spread(waits), count: waits.length, target })
  } finally {
    await session.dispose()
  }
} finally {
  rmSync(home, { recursive: true, force: true })
}
