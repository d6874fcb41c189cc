import { onOneLine, type RenderedPrompt } from './prompt.ts'

/** The typed data of a prompt that asks of numbered examples whether a concept holds, 1 or 0 each. */
export interface JudgePrompt {
  readonly id: string
  readonly task: string
  readonly request: string
}

const request =
  'Output one line for each example, in order, in the following format, and nothing else:\n1: 0 or 1\n2: 0 or 1\n...'

/** Detection: does the concept occur in the text? In our words after Paulo et al. 2024. */
export const detectionPrompt: JudgePrompt = {
  id: 'detection-1',
  task: "We're studying neurons in a neural network. Each neuron looks for some particular thing in a short document. You are given what a neuron looks for, and some examples of text. For each example decide whether what the neuron looks for occurs in it: 1 if it does, 0 if it does not.",
  request,
}

/** Fuzzing: are the marked tokens the ones that the concept names? In our words after Paulo et al. 2024. */
export const fuzzingPrompt: JudgePrompt = {
  id: 'fuzzing-1',
  task: "We're studying neurons in a neural network. Each neuron looks for some particular thing in a short document. You are given what a neuron looks for, and some examples of text in which tokens are marked with << and >>. For each example decide whether the marked tokens are what the neuron looks for: 1 if they are, 0 if they are not.",
  request,
}

export function renderJudgePrompt(concept: string, examples: readonly string[], prompt: JudgePrompt): RenderedPrompt {
  const text = [
    prompt.task,
    `What the neuron looks for: ${onOneLine(concept)}`,
    ['Examples:', ...examples.map((example, i) => `${i + 1}. ${onOneLine(example)}`)].join('\n'),
    prompt.request,
  ].join('\n\n')
  return { text, messages: [{ role: 'user', content: text }] }
}
