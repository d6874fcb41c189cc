import { exampleNeurons } from './example-neurons.ts'
import { onOneLine, type Message, type RenderedPrompt } from './prompt.ts'

/** The typed data of a prompt that asks for a neuron's activations, given its concept. */
export interface SimulatePrompt {
  readonly id: string
  readonly system: string
  /** Stands between a token and its activation. */
  readonly delimiter: string
  /** Stands where an activation is not known; null where the place is left empty. */
  readonly unknown: string | null
  /** Tokens of an example record before this place are shown without their activation. */
  readonly revealedFrom: number
}

/** All tokens at once, after OpenAI's ExplanationNeuronSimulator: the distribution at each place is read, whatever stands there. */
export const allAtOncePrompt: SimulatePrompt = {
  id: 'simulate-all-at-once',
  system: [
    "We're studying neurons in a neural network. Each neuron looks for some particular thing in a short document. Look at summary of what the neuron does, and try to predict how it will fire on each token.",
    'The activation format is token<tab>activation, activations go from 0 to 10, "unknown" indicates an unknown activation. Most activations will be 0.',
  ].join('\n\n'),
  delimiter: '\t',
  unknown: 'unknown',
  revealedFrom: 3,
}

/** The model writes every token with a number, after OpenAI's LogprobFreeExplanationTokenSimulator; its delimiter occurs in no ordinary text. */
export const writtenPrompt: SimulatePrompt = {
  id: 'simulate-written',
  system: [
    "We're studying neurons in a neural network. Each neuron looks for some particular thing in a short document. Look at an explanation of what the neuron does, and try to predict its activations on a particular token.",
    'The activation format is token༗activation, and activations are whole numbers from 0 to 10. Most activations will be 0. For each sequence, you will see the tokens in the sequence where the activations are left blank. You will print, between <start> and <end>, the exact same tokens verbatim, but with the activations filled in according to the explanation.',
  ].join('\n\n'),
  delimiter: '༗',
  unknown: null,
  revealedFrom: 0,
}

/** A token as prompts of simulation show it: on one line, without the space it begins with. */
export function shownToken(token: string): string {
  return onOneLine(token.length > 1 ? token.replace(/^ /, '') : token)
}

/** The chat prompt for one sequence: the model answers with the sequence, activations filled in. */
export function renderSimulateChat(
  concept: string,
  tokens: readonly string[],
  prompt: SimulatePrompt = writtenPrompt,
): RenderedPrompt {
  const messages: Message[] = [{ role: 'system', content: prompt.system }]
  for (const [i, example] of exampleNeurons.entries()) {
    const record = example.records[0] ?? []
    const question = renderQuestion(
      i + 1,
      example.explanation,
      record.map(([token]) => token),
      prompt,
    )
    const answer = record.map(([token, level]) => `${shownToken(token)}${prompt.delimiter}${level}`)
    messages.push({ role: 'user', content: question }, { role: 'assistant', content: sequence(answer) })
  }
  messages.push({ role: 'user', content: renderQuestion(exampleNeurons.length + 1, concept, tokens, prompt) })
  return { text: messages.map(({ content }) => content).join('\n\n'), messages }
}

/** One prompt whose own tokens are scored, and where in it each token's activation stands (UTF-16). */
export interface EchoPrompt {
  readonly text: string
  /** Place of the word "unknown" of each token of the sequence. */
  readonly slots: readonly number[]
}

/** The text that a server with `echo`, or a local model, is shown whole: every activation of the sequence is "unknown". */
export function renderSimulateEcho(
  concept: string,
  tokens: readonly string[],
  prompt: SimulatePrompt = allAtOncePrompt,
): EchoPrompt {
  const unknown = prompt.unknown ?? 'unknown'
  let text = prompt.system
  for (const [i, example] of exampleNeurons.entries()) {
    const lines = (example.records[0] ?? []).map(
      ([token, level], at) => `${shownToken(token)}${prompt.delimiter}${at < prompt.revealedFrom ? unknown : level}`,
    )
    text += `\n\n${heading(i + 1, example.explanation)}${sequence(lines)}`
  }
  text += `\n\n${heading(exampleNeurons.length + 1, concept)}<start>`
  const slots: number[] = []
  for (const token of tokens) {
    text += `\n${shownToken(token)}${prompt.delimiter}`
    slots.push(text.length)
    text += unknown
  }
  return { text: `${text}\n<end>`, slots }
}

function renderQuestion(number: number, concept: string, tokens: readonly string[], prompt: SimulatePrompt): string {
  const lines = tokens.map((token) => `${shownToken(token)}${prompt.delimiter}${prompt.unknown ?? ''}`)
  return `${heading(number, concept)}${sequence(lines)}`
}

function heading(number: number, concept: string): string {
  return `Neuron ${number}\nExplanation of neuron ${number} behavior: the main thing this neuron does is find ${onOneLine(concept)}\nActivations:\n`
}

function sequence(lines: readonly string[]): string {
  return ['<start>', ...lines, '<end>'].join('\n')
}
