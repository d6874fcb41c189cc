import type { LlmEvidence } from '../llm-evidence.ts'
import { discretise } from '../prompts/discretise.ts'
import { fuzzingPrompt } from '../prompts/judge-prompt.ts'
import { createRandom, deriveSeed, type Random } from '../../stats/random.ts'
import { judgeRequests, scoreJudgements, type JudgedExample } from './judged-examples.ts'
import type { LlmScorer } from './llm-scorer.ts'
import { holdsEscape, markTokens } from './mark-tokens.ts'

/** Level from 0 to 10 from which a token counts as one that the neuron fires on. */
const markedFrom = 5

/** Said only where a text has them: the published wording stands for all others. */
const escapeNote = 'Where the text itself has these signs, they are written \\< and \\>.'

/** Are the right tokens marked? Each top window stands twice: as it is, and with as many of its silent tokens marked. One call a neuron. */
export const fuzzing: LlmScorer = {
  id: 'fuzzing',
  name: 'Fuzzing',
  citation: 'Paulo et al. 2024, Automatically Interpreting Millions of Features in Large Language Models',
  needs: 'chat',
  requests: (concept, evidence, { seed }) => {
    const examples = fuzzingExamples(evidence, seed)
    const isEscaped = examples.some(({ text }) => holdsEscape(text))
    const prompt = isEscaped ? { ...fuzzingPrompt, task: `${fuzzingPrompt.task} ${escapeNote}` } : fuzzingPrompt
    return judgeRequests(concept, examples, prompt, seed)
  },
  score: (evidence, replies, { seed }) =>
    scoreJudgements('balanced-accuracy-fuzzing', fuzzingExamples(evidence, seed), replies),
}

function fuzzingExamples({ valid }: LlmEvidence, seed: number): JudgedExample[] {
  const random = createRandom(deriveSeed(seed, 'fuzzing'))
  const examples: JudgedExample[] = []
  const levels = discretise(valid.top.map(({ activations }) => activations))
  for (const [w, window] of valid.top.entries()) {
    const places = levels[w]!.map((level, i) => ({ level, i }))
    const marked = places.filter(({ level }) => level >= markedFrom).map(({ i }) => i)
    const silent = places.filter(({ level, i }) => level === 0 && window.tokens[i]!.trim() !== '').map(({ i }) => i)
    if (marked.length === 0 || silent.length < marked.length) continue
    examples.push({ text: markTokens(window.tokens, marked), truth: true })
    examples.push({ text: markTokens(window.tokens, draw(silent, marked.length, random)), truth: false })
  }
  random.shuffle(examples)
  return examples
}

function draw(from: readonly number[], count: number, random: Random): number[] {
  return random.sample(from.length, count).map((place) => from[place]!)
}
