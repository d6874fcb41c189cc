import { onOneLine, type RenderedPrompt } from './prompt.ts'

/** The typed data of the prompt that rates concepts for a forget set. */
export interface RatePrompt {
  readonly id: string
  readonly task: string
  readonly samplesTitle: string
  readonly conceptsTitle: string
  readonly request: string
  readonly largest: number
}

/** The LLM-rated baseline. The report describes it and prints no prompt: this one is ours, named by its id. */
export const ratePrompt: RatePrompt = {
  id: 'llm-rated-1',
  task: "We're studying how neurons in a neural network affect the model's performance on specific tasks. Each neuron looks for some particular thing in a short document. For each neuron concept below, rate how important it is for a language model to comprehend the given texts.",
  samplesTitle: 'Samples of the texts:',
  conceptsTitle: 'Neuron concepts:',
  request:
    'Rate every concept with a whole number from 0 (of no importance for these texts) to 10 (indispensable for these texts).\nOutput one line for each concept, in order, in the following format, and nothing else:\n1: rating\n2: rating\n...',
  largest: 10,
}

/** The prompt for one batch of concepts, numbered from 1. */
export function renderRatePrompt(
  samples: readonly string[],
  concepts: readonly string[],
  prompt: RatePrompt = ratePrompt,
): RenderedPrompt {
  const text = [
    prompt.task,
    [prompt.samplesTitle, ...samples.map((sample, i) => `sample${i + 1}: ${onOneLine(sample)}`)].join('\n'),
    [prompt.conceptsTitle, ...concepts.map((concept, i) => `${i + 1}. ${onOneLine(concept)}`)].join('\n'),
    prompt.request,
  ].join('\n\n')
  return { text, messages: [{ role: 'user', content: text }] }
}
