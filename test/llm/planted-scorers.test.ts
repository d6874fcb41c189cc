import { expect, test } from 'vitest'
import type { EvidenceWindow, NeuronEvidence } from '../../src/core/concepts/evidence.ts'
import { splitForLanguageModel } from '../../src/core/concepts/llm-evidence.ts'
import { llmExplainers } from '../../src/core/concepts/explainers/llm-explainers.ts'
import { calibrations } from '../../src/core/concepts/scorers/calibration.ts'
import { llmScorers } from '../../src/core/concepts/scorers/llm-scorers.ts'
import { areaUnderCurve } from '../../src/core/stats/area-under-curve.ts'
import { createRandom, type Random } from '../../src/core/stats/random.ts'
import { explainNeuron, scoreText } from '../../src/main/services/concepts/llm-neuron.ts'
import { findWays } from '../../src/main/services/concepts/llm-ways.ts'
import { plantedWords, sentenceOf } from '../support/llm-server/planted-words.ts'
import { bench, folderOf, never } from '../unit/language-models/support.ts'

const words = ['river', 'stone', 'bread', 'music', 'winter', 'horse']
const others = [
  'a',
  'the',
  'of',
  'and',
  'was',
  'old',
  'new',
  'very',
  'some',
  'then',
  'far',
  'near',
  '😀',
  'naïve',
  '海',
]

function windowOf(random: Random, word: string, fires: boolean): EvidenceWindow {
  const tokens = Array.from(
    { length: 12 },
    () => ` ${random.integer(3) === 0 ? words[random.integer(words.length)]! : others[random.integer(others.length)]!}`,
  )
  if (fires) tokens[random.integer(12)] = ` ${word}`
  // The neuron is not exact: its strength varies, and it stirs a little on other tokens.
  const activations = Float32Array.from(tokens, (token) =>
    token.trim() === word ? 5 + 5 * random.uniform() : random.uniform() - 0.6,
  )
  return { tokens, activations }
}

function plantedNeurons(): NeuronEvidence[] {
  const random = createRandom(7)
  return words.map((word, index) => ({
    neuron: `mlp:0:${index}`,
    top: Array.from({ length: 20 }, () => windowOf(random, word, true)).toSorted(
      (a, b) => Math.max(...b.activations) - Math.max(...a.activations),
    ),
    random: Array.from({ length: 30 }, () => windowOf(random, word, false)),
  }))
}

const neurons = plantedNeurons()

const pairs = llmExplainers.flatMap((explainer) =>
  llmScorers.flatMap((scorer) =>
    (scorer.id.startsWith('simulation') ? calibrations : (['none'] as const)).map((calibration) => ({
      explainer: explainer.id,
      scorer: scorer.id,
      calibration,
    })),
  ),
)

test('every pair of explainer and scorer ranks a neuron’s own sentence above those of others', async () => {
  const { server, models, id } = await bench({ model: plantedWords(words) })
  // Whether a server scores prompts is seen by asking it.
  expect(await models.test(id)).toMatchObject({ ok: true, capabilities: { logprobs: true, echo: true } })
  const model = await models.open(id, { purpose: 'test', budget: null, journalFolder: folderOf('journal') })
  const areas: Record<string, number | null> = {}
  for (const pair of pairs) {
    const ways = findWays({ ...pair, samples: 1, seed: 3 })
    const results = await Promise.all(
      neurons.map(async (evidence, at) => {
        const concept = await explainNeuron(evidence, ways, model, never)
        expect(concept).toMatchObject({ text: sentenceOf(words[at]!), status: 'suggested', explainer: pair.explainer })
        const other = sentenceOf(words[(at + 2) % words.length]!)
        const { score } = await scoreText(other, splitForLanguageModel(evidence), ways, model, never)
        return { own: concept.score, other: score }
      }),
    )
    const own = results.flatMap((result) => result.own ?? [])
    // Not scoreable is no low score: it is left out.
    const controls = results.flatMap((result) => result.other ?? [])
    expect(own).toHaveLength(neurons.length)
    areas[`${pair.explainer} ${pair.scorer} ${pair.calibration}`] = areaUnderCurve(own, controls)
  }
  expect(Object.values(areas)).toHaveLength(22)
  for (const area of Object.values(areas)) expect(area).toBeGreaterThan(0.95)
  expect(server.paidTwice()).toEqual([])
  model.close()
})
