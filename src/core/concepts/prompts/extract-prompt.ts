import { onOneLine, type RenderedPrompt } from './prompt.ts'

/** The typed data of the prompt that lists the concepts of a data set. */
export interface ExtractPrompt {
  readonly id: string
  readonly task: string
  readonly examplesTitle: string
  /** Examples of neuron concepts. The published ten lean towards verbs and bias the answer: edit them for other tasks. */
  readonly examples: readonly string[]
  readonly samplesTitle: string
  readonly request: string
}

/** Step 2 of SNIP as its report prints it. */
export const paperExtractPrompt: ExtractPrompt = {
  id: 'snip-extract',
  task: "We're studying how neurons in a neural network affect the model's performance on specific tasks. Each neuron looks for some particular thing in a short document. To measure how neurons are related to the given task, we want to know what concepts are important for the task.",
  examplesTitle: 'Neuron concepts examples:',
  examples: [
    'the past and present tense of the verb "to be" (was, were, is).',
    "variations of the verb 'be'.",
    'modal verbs, especially "would" and "were".',
    'action verbs related to starting or beginning.',
    'future tense verbs and words related to commitment.',
    'the usage of the verb "to be" and its conjugations.',
    "the verb 'use' and its variations.",
    'the word "could" and similar auxiliary verbs indicating possibility.',
    'the word "like" and its variations, as well as other verbs expressing desire or interest.',
    'verbs related to posting and sharing information.',
  ],
  samplesTitle: 'Given the input samples below:',
  request:
    'List a comprehensive list of categories of concepts that are important for language models to comprehend the given texts.\nOutput in the following format:\n1. concept1\n2. concept2\n...',
}

/** The prompt for the samples of a data set, one line each. */
export function renderExtractPrompt(
  samples: readonly string[],
  prompt: ExtractPrompt = paperExtractPrompt,
): RenderedPrompt {
  const examples = prompt.examples.map((example, i) => `${i + 1}. ${onOneLine(example)}`)
  const lines = samples.map((sample, i) => `sample${i + 1}: ${onOneLine(sample)}`)
  const text = [
    prompt.task,
    [prompt.examplesTitle, ...examples].join('\n'),
    [prompt.samplesTitle, ...lines].join('\n'),
    prompt.request,
  ].join('\n\n')
  return { text, messages: [{ role: 'user', content: text }] }
}
