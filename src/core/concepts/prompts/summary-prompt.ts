import type { EvidenceWindow } from '../evidence.ts'
import { discretise } from './discretise.ts'
import { exampleNeurons, type Scored } from './example-neurons.ts'
import { onOneLine, type Message, type RenderedPrompt } from './prompt.ts'

/** The typed data of the prompt that explains a neuron from excerpts and tokens, without a number for each token. */
export interface SummaryPrompt {
  readonly id: string
  readonly system: string
  readonly excerptsTitle: string
  readonly tokensTitle: string
  readonly lead: string
  /** Level from 0 to 10 above which a token is listed. */
  readonly listedAbove: number
  /** Most tokens listed. */
  readonly mostTokens: number
}

/** Our wording of the Summary prompt of Lee et al. 2023, which describes it and leaves its exact words to its code. */
export const paperSummaryPrompt: SummaryPrompt = {
  id: 'summary',
  system:
    "We're studying neurons in a neural network. Each neuron looks for some particular thing in a short document. Look at the excerpts for which a neuron activates and at the tokens that activate it most, and summarize in a single sentence what the neuron is looking for. Don't list examples of words.",
  excerptsTitle: 'Excerpts:',
  tokensTitle: 'Tokens that activate the neuron most, strongest first:',
  lead: 'the main thing this neuron does is find',
  listedAbove: 3,
  mostTokens: 30,
}

/** The prompt for one neuron; the example neurons are those of the original prompt. */
export function renderSummaryPrompt(
  windows: readonly EvidenceWindow[],
  prompt: SummaryPrompt = paperSummaryPrompt,
): RenderedPrompt {
  const messages: Message[] = [{ role: 'system', content: prompt.system }]
  const blocks = [prompt.system]
  for (const [i, example] of exampleNeurons.entries()) {
    // Example tokens are printed without the space between them.
    const records = example.records.map((record) =>
      record.map(([token, level], at): Scored => [at === 0 ? token : ` ${token}`, level]),
    )
    const content = renderNeuron(i + 1, records, prompt)
    messages.push({ role: 'user', content }, { role: 'assistant', content: example.explanation })
    blocks.push(`${content} ${example.explanation}`)
  }
  const levels = discretise(windows.map(({ activations }) => activations))
  const scored = windows.map(({ tokens }, w) => tokens.map((token, i): Scored => [token, levels[w]?.[i] ?? 0]))
  const content = renderNeuron(exampleNeurons.length + 1, scored, prompt)
  messages.push({ role: 'user', content })
  return { text: [...blocks, content].join('\n\n'), messages }
}

function renderNeuron(number: number, records: readonly (readonly Scored[])[], prompt: SummaryPrompt): string {
  const excerpts = records.map(
    (record, i) =>
      `${i + 1}. ${onOneLine(
        record
          .map(([token]) => token)
          .join('')
          .trim(),
      )}`,
  )
  const listed = strongestTokens(records, prompt)
  return [
    `Neuron ${number}\n${prompt.excerptsTitle}\n${excerpts.join('\n')}`,
    `${prompt.tokensTitle}\n${listed.length === 0 ? '(none)' : listed.join(', ')}`,
    `Explanation of neuron ${number} behavior: ${prompt.lead}`,
  ].join('\n\n')
}

/** Distinct tokens above the level, strongest first, those of equal level in the order of the text. */
function strongestTokens(records: readonly (readonly Scored[])[], prompt: SummaryPrompt): string[] {
  const strongest = new Map<string, number>()
  for (const [token, level] of records.flat()) {
    const shown = onOneLine(token.trim())
    if (shown !== '' && level > prompt.listedAbove) strongest.set(shown, Math.max(level, strongest.get(shown) ?? 0))
  }
  const ordered = [...strongest].toSorted((a, b) => b[1] - a[1])
  return ordered.slice(0, prompt.mostTokens).map(([token]) => JSON.stringify(token))
}
