import { describe, expect, it } from 'vitest'
import { splitForLanguageModel } from '../../../src/core/concepts/llm-evidence.ts'
import { llmScorers } from '../../../src/core/concepts/scorers/llm-scorers.ts'
import { mostQuestions } from '../../../src/main/services/concepts/most-questions.ts'
import { leavingTexts, leavingWords } from '../../../src/main/services/language-models/leaving-words.ts'

describe('what leaves the computer', () => {
  it('is told with host, model and number, and is nothing for a model that runs here', () => {
    const server = { baseUrl: 'https://api.openai.com/v1', chatModel: 'gpt-4o' }
    expect(leavingWords(server, '100 samples of the data', 3000)).toBe(
      '100 samples of the data go to api.openai.com, model gpt-4o, in at most 3,000 questions',
    )
    expect(leavingWords(server, '1 sample of the data', 1)).toMatch(/in 1 question$/)
    const embedding = { baseUrl: 'https://api.openai.com/v1', embeddingModel: 'text-embedding-3-small' }
    expect(leavingTexts(embedding, 1200)).toBe(
      'The texts of 1,200 concepts go to api.openai.com, embedding model text-embedding-3-small',
    )
    expect(leavingTexts(embedding, 1)).toMatch(/^The text of 1 concept goes to /)
    expect(leavingWords({ baseUrl: 'file:///models/chat', chatModel: 'chat' }, 'Windows', 5)).toBeNull()
  })

  it('is counted as scorers ask of a neuron with all its windows', () => {
    const window = (name: string, at: number) => ({
      tokens: ['a', name, 'c', 'd'],
      activations: Float32Array.of(0, at, 0, 0),
    })
    const split = splitForLanguageModel({
      neuron: 'mlp:0:0',
      top: Array.from({ length: 20 }, (_, i) => window(`t${i}`, 100 - i)),
      random: Array.from({ length: 30 }, (_, i) => window(`r${i}`, 0)),
    })
    for (const scorer of llmScorers) {
      for (const calibration of ['none', 'linear'] as const) {
        const asked = scorer.requests('words', split, { calibration, seed: 0 }).length
        expect(mostQuestions({ samples: 1, scorer, calibration }, 1, 0)).toBe(1 + asked)
        expect(mostQuestions({ samples: 3, scorer, calibration }, 7, 2)).toBe(7 * 3 * (1 + asked) + 2 * asked)
      }
    }
    expect(mostQuestions({ samples: 2, scorer: null, calibration: 'none' }, 7, 9)).toBe(14)
  })
})
