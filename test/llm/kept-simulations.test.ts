import { appendFileSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { SnipError } from '../../src/contract/failure.ts'
import { conceptSimulationSchema } from '../../src/contract/files.ts'
import { unpackSimulation } from '../../src/core/concepts/scorers/kept-simulation.ts'
import { explainWithLanguageModel } from '../../src/main/services/concepts/explain-llm.ts'
import { simulationFileOf } from '../../src/main/services/concepts/simulation-file.ts'
import { readJsonLines } from '../../src/main/services/files-of-lines.ts'
import { quietTask, type Task } from '../../src/main/services/task.ts'
import { modelsWithMadeUpEvidence, writeRecordingOf } from '../support/made-up-evidence.ts'
import { plantedWords } from '../support/llm-server/planted-words.ts'
import { bench } from '../unit/language-models/support.ts'
import { snipIn } from '../cli/snip.ts'

const { path } = snipIn('kept-simulations')
const neurons = 30

test('simulations lie beside the concepts, and are the same bytes after a run that was cut and torn', async () => {
  writeRecordingOf(path('recording'), [neurons])
  const { models: languageModels, id: provider } = await bench({ model: plantedWords([]) })
  const models = modelsWithMadeUpEvidence()
  const ways = { explainer: 'summary', scorer: 'simulation-written', calibration: 'none', samples: 1, seed: 1 }
  const request = { ...ways, recording: path('recording'), neurons: 'all', provider, budget: null } as const
  const run = (out: string, most = Number.POSITIVE_INFINITY) => {
    const report: Task['report'] = ({ done }) => {
      if (done > most) throw new SnipError('cancelled', 'Cut')
    }
    const more = { out: path(out), extend: false, control: 0, tokenizer: null, model: { path: '', tokenizer: null } }
    return explainWithLanguageModel(models, languageModels, { ...request, ...more }, { ...quietTask(), report })
  }
  await run('whole.jsonl')
  await expect(run('cut.jsonl', 11)).rejects.toThrow('Cut')
  expect(existsSync(simulationFileOf(path('cut.jsonl')))).toBe(false)
  appendFileSync(path('cut.jsonl.partial.jsonl'), '{"neuron":"mlp:0:29","text":"torn')
  await run('cut.jsonl')

  for (const name of ['cut.jsonl', 'cut.jsonl.simulations.jsonl']) {
    expect(readFileSync(path(name))).toEqual(readFileSync(path(name.replace('cut', 'whole'))))
  }
  const kept = readJsonLines(simulationFileOf(path('whole.jsonl')), conceptSimulationSchema, 'simulations')
  expect(kept.map(({ neuron }) => neuron)).toEqual(Array.from({ length: neurons }, (_, index) => `mlp:0:${index}`))
  // The server's model says nine of the word that it named itself, on the one window that scores.
  for (const simulation of kept) {
    expect(simulation).toMatchObject({ top: 1, windows: [expect.any(Number)], lengths: [4], from: 0, to: 10 })
    expect(unpackSimulation(simulation)![0]!.simulated).toEqual([0, 9, 0, 0])
  }
  expect(readFileSync(path('whole.jsonl'), 'utf8')).not.toContain('levels')
  expect(readdirSync(path()).filter((name) => /partial|\.lock/.test(name))).toEqual([])
})
