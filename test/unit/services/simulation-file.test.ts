import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { ConceptSimulation } from '../../../src/contract/files.ts'
import {
  copySimulations,
  SimulationIndex,
  simulationFileOf,
  writeSimulations,
} from '../../../src/main/services/concepts/simulation-file.ts'
import { noSimulationWords } from '../../../src/main/services/review/no-simulation.ts'

const folder = mkdtempSync(join(tmpdir(), 'snip-simulations-'))
afterAll(() => rmSync(folder, { recursive: true }))

const simulation = (neuron: string, text: string): ConceptSimulation => ({
  neuron,
  text,
  scoreKind: 'k',
  from: 0,
  to: 10,
  windows: [3],
  top: 1,
  lengths: [2],
  levels: btoa('\u0000\u00fa'),
})

describe('the file of simulations', () => {
  test('is found by neuron without being held, and passes damage over', async () => {
    const out = join(folder, 'a.jsonl')
    writeSimulations(out, [], [simulation('mlp:0:1', 'one'), simulation('attention:3:17', '“two”')])
    appendFileSync(simulationFileOf(out), 'no JSON\n{"neuron":"mlp:0:9","text":5}\n{"neuron":"mlp:0:8","te')
    const index = await SimulationIndex.read(simulationFileOf(out))
    expect(await index.of('attention:3:17')).toEqual(simulation('attention:3:17', '“two”'))
    expect((await index.of('mlp:0:1'))!.text).toBe('one')
    for (const neuron of ['mlp:0:9', 'mlp:0:8', 'mlp:0:2']) expect(await index.of(neuron)).toBeNull()
  })

  test('keeps what belongs to concepts that stay, and goes where nothing was simulated', () => {
    const out = join(folder, 'b.jsonl')
    writeSimulations(out, [], [simulation('mlp:0:1', 'one'), simulation('mlp:0:2', 'two')])
    writeSimulations(out, [{ neuron: 'mlp:0:2' }], [simulation('mlp:0:3', 'three')])
    const texts = readFileSync(simulationFileOf(out), 'utf8').trim().split('\n')
    expect(texts.map((line) => (JSON.parse(line) as ConceptSimulation).text)).toEqual(['two', 'three'])
    copySimulations(out, join(folder, 'c.jsonl'))
    expect(readFileSync(simulationFileOf(join(folder, 'c.jsonl')))).toEqual(readFileSync(simulationFileOf(out)))
    writeSimulations(out, [], [])
    expect(existsSync(simulationFileOf(out))).toBe(false)
    copySimulations(out, join(folder, 'd.jsonl'))
    expect(existsSync(simulationFileOf(join(folder, 'd.jsonl')))).toBe(false)
    writeFileSync(out, '')
  })
})

test.each([
  [{ editor: 'Ada' }, 'Ada wrote this sentence: no language model simulated it.'],
  [{ explainer: 'import' }, 'Imported from gpt: files of others bring no simulated activations.'],
  [{ explainer: 'lexical' }, 'The lexical explainer wrote this sentence: no language model simulated it.'],
  [{ scoreKind: null }, 'gpt wrote this sentence, and it was not scored.'],
  [
    { scoreKind: 'balanced-accuracy-detection, gpt' },
    'Scored by detection, which judges whole texts: it simulates no activations.',
  ],
  [{ reason: 'the reply is empty' }, 'The simulation by gpt gave no activations: the reply is empty.'],
  [{}, 'The simulation by gpt was not kept: explain the neuron again to see it.'],
])('a concept without a simulation says why: %j', (about, words) => {
  const concept = { editor: null, explainer: 'summary', author: 'gpt', reason: null }
  expect(noSimulationWords({ ...concept, scoreKind: 'pearson-simulation-written, calibration none', ...about })).toBe(
    words,
  )
})
