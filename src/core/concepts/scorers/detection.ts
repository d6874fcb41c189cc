import type { EvidenceWindow } from '../evidence.ts'
import type { LlmEvidence } from '../llm-evidence.ts'
import { detectionPrompt } from '../prompts/judge-prompt.ts'
import { createRandom, deriveSeed } from '../../stats/random.ts'
import { judgeRequests, scoreJudgements, type JudgedExample } from './judged-examples.ts'
import type { LlmScorer } from './llm-scorer.ts'

/** Which windows hold the concept? One call a neuron. */
export const detection: LlmScorer = {
  id: 'detection',
  name: 'Detection',
  citation: 'Paulo et al. 2024, Automatically Interpreting Millions of Features in Large Language Models',
  needs: 'chat',
  requests: (concept, evidence, { seed }) =>
    judgeRequests(concept, detectionExamples(evidence, seed), detectionPrompt, seed),
  score: (evidence, replies, { seed }) =>
    scoreJudgements('balanced-accuracy-detection', detectionExamples(evidence, seed), replies),
}

/** Top windows, and random ones on which the neuron stays below all of them, in a seeded order. */
function detectionExamples({ valid }: LlmEvidence, seed: number): JudgedExample[] {
  const weakestTop = Math.min(...valid.top.map(maximum))
  const examples = [
    ...valid.top.map((window) => ({ text: textOf(window), truth: true })),
    ...valid.random
      .filter((window) => maximum(window) < weakestTop)
      .map((window) => ({ text: textOf(window), truth: false })),
  ]
  createRandom(deriveSeed(seed, 'detection')).shuffle(examples)
  return examples
}

function maximum({ activations }: EvidenceWindow): number {
  return activations.reduce((largest, value) => Math.max(largest, value), -Infinity)
}

function textOf({ tokens }: EvidenceWindow): string {
  return tokens.join('').trim()
}
