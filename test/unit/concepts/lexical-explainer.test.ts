import { describe, expect, it } from 'vitest'
import { conceptSchema } from '../../../src/contract/files.ts'
import { heldOutWindows, splitEvidence, type NeuronEvidence } from '../../../src/core/concepts/evidence.ts'
import { conceptOf } from '../../../src/core/concepts/explainers/explainer.ts'
import { explainers } from '../../../src/core/concepts/explainers/index.ts'
import { lexicalExplainer } from '../../../src/core/concepts/explainers/lexical.ts'
import { WindowTagger } from '../../../src/core/concepts/features/window-tagger.ts'
import { parseDescription } from '../../../src/core/concepts/grammar/parse.ts'
import { controlScores } from '../../../src/core/concepts/scorers/control.ts'
import { scoreSentence } from '../../../src/core/concepts/scorers/score-sentence.ts'
import { simulate } from '../../../src/core/concepts/scorers/simulate.ts'
import { areaUnderCurve } from '../../../src/core/stats/area-under-curve.ts'
import { createRandom } from '../../../src/core/stats/random.ts'
import { fixtureWindows, plant } from './planted.ts'

const windows = fixtureWindows()
const tagger = new WindowTagger()
const limits = lexicalExplainer.parameters.parse({})
const explain = (evidence: NeuronEvidence) => lexicalExplainer.run(evidence, limits, tagger)
const word = (token: string) => token.trim().toLowerCase()

const planted: Readonly<Record<string, { fire: Parameters<typeof plant>[1]; says: RegExp }>> = {
  'a word': { fire: (t) => (word(t) === 'said' ? 5 : 0), says: /"said"/ },
  'two words at two levels': {
    fire: (t) => ({ said: 4, the: 1.4 })[word(t)] ?? 0,
    says: /^the word "said"; weakly the word "the"$/,
  },
  'closing brackets': { fire: (t) => (/[)\]]/.test(t) ? 3 : 0), says: /^closing brackets/ },
  commas: { fire: (t) => (t === ',' ? 2 : 0), says: /^commas$/ },
  'a token with its space': { fire: (t) => (t === "'" ? 3 : t === " '" ? 0.5 : 0), says: /^the token "'"/ },
  'what follows a word': {
    fire: (_, i, w) => (w[i - 1] === ' the' && /^ \p{L}/u.test(w[i] ?? '') ? 3 : 0),
    says: /after "the"/,
  },
  'the first token': { fire: (_, i) => (i === 0 ? 6 : 0), says: /^anything at the start of the window$/ },
  'words in -ly': { fire: (t) => (/\wly$/.test(t) ? 3 : 0), says: /ending in "ly"|ly"/ },
}

describe('the lexical explainer', () => {
  for (const [name, { fire, says }] of Object.entries(planted)) {
    it(`recovers a planted neuron with a held-out correlation above 0.9: ${name}`, () => {
      const explanation = explain(plant(windows, fire))
      expect(explanation.text).toMatch(says)
      expect(explanation.score).toBeGreaterThan(0.9)
      expect(explanation.scoreKind).toBe('pearson-lexical')
      expect(parseDescription(explanation.text)).toEqual(explanation.description)
    })
  }

  for (const sentence of [
    'modal verbs',
    'first-person words',
    'past-tense verbs after pronouns',
    'determiners; weakly prepositions',
    'capitalised words at the start of a sentence',
    'Python keywords; moderately newlines',
    'nouns in code',
    'verbs of speech; faintly quotation marks',
  ]) {
    it(`finds again what a sentence says, above 0.9: ${sentence}`, () => {
      const description = parseDescription(sentence)
      if (!description) throw new Error(sentence)
      const levels = new Map(windows.map((tokens) => [tokens, simulate(description, tokens, tagger)]))
      const explanation = explain(plant(windows, (_, i, tokens) => 4 * (levels.get(tokens as string[])?.[i] ?? 0)))
      expect(explanation.score, explanation.text).toBeGreaterThan(0.9)
    })
  }

  it('scores true explanations above those of random other neurons', () => {
    const evidence = Object.values(planted).map(({ fire }) => plant(windows, fire))
    const explanations = evidence.map(explain)
    const subjects = explanations.map(({ text }, i) => ({
      text,
      heldOut: heldOutWindows(splitEvidence(evidence[i] as NeuronEvidence)),
    }))
    const control = controlScores(subjects, 3, tagger).map(({ score }) => score ?? 0)
    expect(control).toHaveLength(subjects.length)
    const area = areaUnderCurve(
      explanations.map(({ score }) => score ?? 0),
      control,
    )
    expect(area).toBeGreaterThan(0.95)
  })

  it('says that there is no pattern in noise, or claims one that scores next to nothing', () => {
    const random = createRandom(1)
    const explanation = explain(plant(windows, () => random.normal()))
    const isSilent = explanation.score === null && explanation.text === 'no describable pattern'
    expect(isSilent || Math.abs(explanation.score ?? 1) < 0.2, `${explanation.score} ${explanation.text}`).toBe(true)
  })

  it('is not scoreable when the neuron never fires', () => {
    const silent = explain(plant(windows, () => 0, 0))
    expect(silent).toMatchObject({ text: 'no describable pattern', score: null })
    expect(silent.reason).toMatch(/no pattern/)
    expect(conceptSchema.parse(conceptOf(silent, lexicalExplainer)).score).toBeNull()
  })

  it('is not scoreable without windows', () => {
    expect(explain({ neuron: 'mlp:0:1', top: [], random: [] })).toMatchObject({ score: null })
  })

  it('never lets a held-out window shape the sentence', () => {
    const evidence = plant(windows, (t) => (word(t) === 'said' ? 5 : 0))
    const held = new Set(heldOutWindows(splitEvidence(evidence)))
    const garble = (list: NeuronEvidence['top']) =>
      list.map((window) =>
        held.has(window)
          ? { tokens: window.tokens.map(() => ' zebra'), activations: window.activations.map(() => 9) }
          : window,
      )
    const garbled = { neuron: evidence.neuron, top: garble(evidence.top), random: garble(evidence.random) }
    expect(explain(garbled).text).toBe(explain(evidence).text)
  })

  it('gives the same sentence and score whatever the tagger has seen before', () => {
    const evidence = plant(windows, (t) => (/^(he|she|it)$/.test(word(t)) ? 2 : t === ',' ? 1 : 0))
    const fresh = lexicalExplainer.run(evidence, limits, new WindowTagger())
    expect(explain(evidence)).toEqual(fresh)
  })

  it('is registered with its parameters and presets', () => {
    expect(explainers['lexical']?.id).toBe('lexical')
    expect(lexicalExplainer.presets['corrected']).toEqual({ maxClauses: 3, minRise: 0.02, minCorrelation: 0.1 })
    expect(lexicalExplainer.parameters.safeParse({ maxClauses: 0 }).success).toBe(false)
  })
})

describe('the deal of the evidence', () => {
  it('is by stride 4 of the top windows and by stride 3 of the random ones', () => {
    const window = (name: string) => ({ tokens: [name], activations: new Float32Array(1) })
    const top = Array.from({ length: 20 }, (_, i) => window(`t${i}`))
    const random = Array.from({ length: 6 }, (_, i) => window(`r${i}`))
    const split = splitEvidence({ neuron: 'mlp:0:0', top, random })
    const names = (part: readonly { tokens: readonly string[] }[]) => part.map(({ tokens }) => tokens[0])
    expect(names(split.train)).toEqual(['t0', 't4', 't8', 't12', 't16'])
    expect(names(split.calibration)).toEqual(['t1', 't5', 't9', 't13', 't17', 'r0', 'r3'])
    expect(names(split.valid)).toEqual(['t2', 't6', 't10', 't14', 't18', 'r1', 'r4'])
    expect(names(split.test)).toEqual(['t3', 't7', 't11', 't15', 't19', 'r2', 'r5'])
  })

  it('drops from the held-out side a window that was fitted on', () => {
    const window = { tokens: ['same'], activations: new Float32Array(1) }
    const split = splitEvidence({ neuron: 'mlp:0:0', top: [window, window, window], random: [window, window] })
    expect(heldOutWindows(split)).toEqual([])
  })
})

describe('the score of a sentence', () => {
  const heldOut = [
    { tokens: ['He', ' said', ' so'], activations: new Float32Array([0, 0, 10]) },
    { tokens: ['she', ' went', ','], activations: new Float32Array([0, 1, 0]) },
  ]

  it('simulates levels by the sentence alone', () => {
    const simulated = (text: string) => {
      const description = parseDescription(text)
      return (
        description &&
        [...simulate(description, ['He', ' said', ' and', ' went', ','], tagger)].map((x) => +x.toFixed(3))
      )
    }
    expect(simulated('past-tense verbs')).toEqual([0, 1, 0, 1, 0])
    expect(simulated('past-tense verbs, especially "said"')).toEqual([0, 1, 0, 0.5, 0])
    expect(simulated('past-tense verbs, such as "said"')).toEqual([0, 1, 0, 1, 0])
    expect(simulated('past-tense verbs after "he"; weakly commas')).toEqual([0, 1, 0, 0, 0.35])
    expect(simulated('moderately the word "HE"')).toEqual([0.6, 0, 0, 0, 0])
    expect(simulated('the token "he"')).toEqual([0, 0, 0, 0, 0])
    expect(simulated('words ending in "d"')).toEqual([0, 1, 1, 0, 0])
    expect(simulated('anything before commas')).toEqual([0, 0, 0, 1, 0])
    expect(simulated('no describable pattern')).toEqual([0, 0, 0, 0, 0])
  })

  it('is the pooled Pearson correlation: 0.9803 for levels 1 and 0.35 of 10 and 1', () => {
    // true [0,0,10,0,1,0], simulated [0,0,1,0,0.35,0]: covariance 7.875, variances 80.8333 and 0.81875.
    const { score } = scoreSentence('the word "so"; weakly the word "went"', heldOut, tagger)
    expect(score).toBeCloseTo(7.875 / Math.sqrt(80.8333333 * 0.81875), 5)
  })

  it('is null with a reason outside the grammar, never 0', () => {
    expect(scoreSentence('verbs of saying', heldOut, tagger)).toEqual({
      score: null,
      scoreKind: 'pearson-lexical',
      reason: 'the sentence is outside the grammar of the lexical simulator',
    })
    expect(scoreSentence('digits', heldOut, tagger).reason).toMatch(/same at every held-out token/)
    expect(scoreSentence('digits', [], tagger).reason).toMatch(/no window/)
  })
})

describe('a description', () => {
  it('is the same whichever neurons and windows were met before', () => {
    const random = createRandom(4)
    const neurons = Array.from({ length: 12 }, (_, n) =>
      plant(windows, (token, i) => (token.length % (n + 2) === 0 ? random.normal() + 3 : i % 7 === n % 7 ? 0.5 : 0)),
    )
    const inOrder = new WindowTagger()
    const reversed = new WindowTagger()
    const first = neurons.map((evidence) => lexicalExplainer.run(evidence, limits, inOrder))
    for (const tokens of windows.toReversed()) reversed.features(tokens)
    const last = neurons.toReversed().map((evidence) => lexicalExplainer.run(evidence, limits, reversed))
    expect(last.toReversed()).toEqual(first)
    for (const [n, evidence] of neurons.entries()) {
      expect(lexicalExplainer.run(evidence, limits, new WindowTagger())).toEqual(first[n])
    }
  })
})
