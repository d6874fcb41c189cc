import { z } from 'zod'
import { sampleIndices } from '../../data/sample.ts'
import { createRandom, deriveSeed } from '../../stats/random.ts'
import type { ChatReply, ChatRequest } from '../language-model.ts'
import { paperExtractPrompt, renderExtractPrompt } from '../prompts/extract-prompt.ts'
import { conceptFailureIn } from '../replies/failure-text.ts'
import { readList, type ListReading } from '../replies/read-list.ts'
import { plainReply } from '../replies/plain-reply.ts'

/** Parameters of the extractor that asks a language model. */
export const snipLlmParameters = z.strictObject({
  samples: z.number().int().min(1).max(1000).default(100).describe('Samples of the data that the prompt shows'),
  choice: z
    .enum(['random', 'first-row'])
    .default('random')
    .describe('Which samples: random ones, or the first again and again'),
  mostCharacters: z.number().int().min(50).max(100_000).default(4000).describe('Characters of a sample that are shown'),
  examples: z
    .array(z.string().trim().min(1).max(1000))
    .max(50)
    .default([...paperExtractPrompt.examples])
    .describe('Examples of neuron concepts in the prompt: the published ten lean towards verbs'),
  parser: z.enum(['tolerant', 'first-full-stop']).default('tolerant').describe('How the list in the reply is read'),
  draws: z
    .number()
    .int()
    .min(1)
    .max(20)
    .default(1)
    .describe('How often the model is asked; a weight is the share of draws'),
  mergeAbove: z.number().min(0).max(1).default(0.9).describe('Cosine from which concepts of several draws are one'),
  temperature: z.number().min(0).max(2).default(1),
  maxTokens: z.number().int().min(50).max(16_000).default(2000),
})
export type SnipLlmParameters = z.infer<typeof snipLlmParameters>

/**
 * SNIP step 2: a language model lists the concepts that samples of a data set need. `paper`: 100 random samples, one draw.
 * `as-released`: the loop of the published code takes the first row ten times, and its parser cuts each line at its first full stop.
 * `corrected`: other samples in each of three draws, read by a parser that keeps full stops.
 */
export const snipLlm = {
  id: 'snip-llm',
  name: 'Asked of a language model',
  citation: 'SNIP report, step 2, with its prompt; code YongceLi/SNIP-code (2024-03-14)',
  params: snipLlmParameters,
  presets: {
    paper: { samples: 100, choice: 'random', parser: 'tolerant', draws: 1 },
    'as-released': { samples: 10, choice: 'first-row', parser: 'first-full-stop', draws: 1 },
    corrected: { samples: 100, choice: 'random', parser: 'tolerant', draws: 3, mergeAbove: 0.9 },
  },
} as const

/** The question of one draw, from 0. Each draw shows samples of its own. */
export function extractRequest(
  texts: readonly string[],
  parameters: SnipLlmParameters,
  seed: number,
  draw: number,
): ChatRequest {
  const { samples, choice, mostCharacters, examples, temperature, maxTokens } = parameters
  const random = createRandom(deriveSeed(seed, `snip-llm-draw-${draw}`))
  const chosen =
    choice === 'first-row'
      ? Array.from({ length: samples }, () => 0)
      : sampleIndices(texts.length, Math.min(samples, texts.length), random)
  const shown = chosen.map((at) => startOf(texts[at] ?? '', mostCharacters))
  const { messages } = renderExtractPrompt(shown, { ...paperExtractPrompt, examples })
  return { messages, maxTokens, temperature, topP: 1, seed: seed + draw, topLogprobs: null }
}

export function readExtraction(reply: ChatReply, { parser }: SnipLlmParameters): ListReading {
  if (parser === 'tolerant') return readList(reply)
  const plain = plainReply(reply)
  if (!plain.ok) return plain
  const lines = plain.text.split('\n')
  const items = lines.flatMap((line) => {
    const at = line.indexOf('.')
    const item = at < 0 ? '' : line.slice(at + 1).trim()
    return item === '' || conceptFailureIn(item) !== null ? [] : [item]
  })
  if (items.length === 0) return { ok: false, reason: 'the reply holds no list of concepts' }
  return { ok: true, items: [...new Set(items)], dropped: lines.length - items.length }
}

/** A concept of several draws: its first wording, and the share of draws that name it. */
export interface MergedConcept {
  readonly text: string
  readonly weight: number
  /** How many draws name it. */
  readonly draws: number
  /** Other wordings that were taken for the same. */
  readonly others: readonly string[]
}

/**
 * Concepts of several draws as one list, in the order of first mention. A concept whose cosine to an earlier one reaches `mergeAbove`
 * is another wording of it; equal texts are one always. `cosine` is of the distinct texts; null merges equal texts only.
 */
export function mergeDraws(
  draws: readonly (readonly string[])[],
  cosine: ((a: string, b: string) => number) | null,
  mergeAbove: number,
): MergedConcept[] {
  const merged: { text: string; others: string[]; draws: Set<number> }[] = []
  const known = new Map<string, number>()
  for (const [draw, items] of draws.entries()) {
    for (const text of items) {
      const key = text.toLowerCase()
      let at = known.get(key) ?? -1
      if (at < 0 && cosine !== null) {
        let best = mergeAbove
        for (const [other, concept] of merged.entries()) {
          const likeness = cosine(concept.text, text)
          if (likeness >= best && (at < 0 || likeness > best)) {
            best = likeness
            at = other
          }
        }
        if (at >= 0) merged[at]!.others.push(text)
      }
      if (at < 0) at = merged.push({ text, others: [], draws: new Set() }) - 1
      known.set(key, at)
      merged[at]!.draws.add(draw)
    }
  }
  return merged.map(({ text, others, draws: named }) => {
    return { text, others, weight: named.size / draws.length, draws: named.size }
  })
}

function startOf(text: string, most: number): string {
  if (text.length <= most) return text
  // A pair of surrogates stays whole.
  const isSplit = /[\uD800-\uDBFF]/.test(text.charAt(most - 1))
  return text.slice(0, isSplit ? most - 1 : most)
}
