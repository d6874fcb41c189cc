import { discretise } from './discretise.ts'
import { exampleNeurons, type ExampleNeuron, type Scored } from './example-neurons.ts'
import { onOneLine, type Message, type RenderedPrompt } from './prompt.ts'

/** A record of the neuron to explain, with activations as they are. */
export interface PromptRecord {
  readonly tokens: readonly string[]
  readonly activations: ArrayLike<number>
}

/** The typed data of the prompt that explains a neuron. */
export interface ExplainPrompt {
  readonly id: string
  readonly system: string
  /** What every explanation begins with. */
  readonly lead: string
  readonly examples: readonly ExampleNeuron[]
  /** The published figure prints tokens without the space they begin with. */
  readonly leadingSpace: 'dropped' | 'kept'
  /** Share of non-zero activations below which the records are repeated without zeros. */
  readonly sparseBelow: number
}

/** Step 1 of SNIP as its report prints it, after OpenAI's neuron explainer. */
export const paperExplainPrompt: ExplainPrompt = {
  id: 'openai-original',
  system: [
    "We're studying neurons in a neural network. Each neuron looks for some particular thing in a short document. Look at the parts of the document the neuron activates for and summarize in a single sentence what the neuron is looking for. Don't list examples of words.",
    "The activation format is token<tab>activation. Activation values range from 0 to 10. A neuron finding what it's looking for is represented by a non-zero activation value. The higher the activation value, the stronger the match.",
  ].join('\n\n'),
  lead: 'the main thing this neuron does is find',
  examples: exampleNeurons,
  leadingSpace: 'dropped',
  sparseBelow: 0.2,
}

/** The prompt for one neuron: its examples are Neuron 1 to 3, the records given are Neuron 4's. */
export function renderExplainPrompt(
  records: readonly PromptRecord[],
  prompt: ExplainPrompt = paperExplainPrompt,
): RenderedPrompt {
  const messages: Message[] = [{ role: 'system', content: prompt.system }]
  const blocks = [prompt.system]
  prompt.examples.forEach((example, i) => {
    const content = renderNeuron(i + 1, example.records, prompt)
    messages.push({ role: 'user', content }, { role: 'assistant', content: example.explanation })
    blocks.push(`${content} ${example.explanation}`)
  })
  const levels = discretise(records.map((record) => record.activations))
  const scored = records.map((record, r) => record.tokens.map((token, i): Scored => [token, levels[r]?.[i] ?? 0]))
  const content = renderNeuron(prompt.examples.length + 1, scored, prompt)
  messages.push({ role: 'user', content })
  return { text: [...blocks, content].join('\n\n'), messages }
}

/** What a model can hold of a prompt and its answer together. */
export interface PromptRoom {
  readonly contextTokens: number
  readonly countTokens: (messages: readonly Message[]) => number
}

/** Tokens of the contexts that count as the small one: 2,048, and 2,049 of OpenAI's first models. */
const smallContext = 2049

/**
 * The prompt for a model of known context, as released: one of 2k tokens is shown the first record of each example and two of the neuron's;
 * of others the last record of the last example that has more than one goes until prompt and answer fit. Examples keep a record each.
 */
export function renderExplainPromptWithin(
  records: readonly PromptRecord[],
  room: PromptRoom | null,
  answerTokens: number,
  prompt: ExplainPrompt = paperExplainPrompt,
): RenderedPrompt {
  if (room === null) return renderExplainPrompt(records, prompt)
  if (room.contextTokens <= smallContext) {
    const examples = prompt.examples.map((example) => ({ ...example, records: example.records.slice(0, 1) }))
    return renderExplainPrompt(records.slice(0, 2), { ...prompt, examples })
  }
  let examples: readonly ExampleNeuron[] = prompt.examples
  for (;;) {
    const rendered = renderExplainPrompt(records, { ...prompt, examples })
    const last = examples.findLastIndex((example) => example.records.length > 1)
    if (last < 0 || room.countTokens(rendered.messages) + answerTokens <= room.contextTokens) return rendered
    examples = examples.map((example, i) =>
      i === last ? { ...example, records: example.records.slice(0, -1) } : example,
    )
  }
}

function renderNeuron(number: number, records: readonly (readonly Scored[])[], prompt: ExplainPrompt): string {
  const blocks = [`Neuron ${number}\nActivations:\n${renderRecords(records, prompt, false)}`]
  const all = records.flat()
  const nonZero = all.filter(([, activation]) => activation > 0).length
  if (all.length > 0 && nonZero / all.length < prompt.sparseBelow) {
    blocks.push(`Same activations, but with all zeros filtered out:\n${renderRecords(records, prompt, true)}`)
  }
  blocks.push(`Explanation of neuron ${number} behavior: ${prompt.lead}`)
  return blocks.join('\n\n')
}

function renderRecords(records: readonly (readonly Scored[])[], prompt: ExplainPrompt, omitZeros: boolean): string {
  return records.map((record) => renderRecord(record, prompt, omitZeros)).join('\n')
}

function renderRecord(record: readonly Scored[], prompt: ExplainPrompt, omitZeros: boolean): string {
  const lines = record
    .filter(([, activation]) => !omitZeros || activation > 0)
    .map(([token, activation]) => `${renderToken(token, prompt)}\t${activation}`)
  return ['<start>', ...lines, '<end>'].join('\n')
}

function renderToken(token: string, prompt: ExplainPrompt): string {
  return onOneLine(prompt.leadingSpace === 'dropped' && token.length > 1 ? token.replace(/^ /, '') : token)
}
