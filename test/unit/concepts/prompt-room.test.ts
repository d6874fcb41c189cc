import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { releasedSampling } from '../../../src/core/concepts/explainers/llm-explainer.ts'
import { openaiOriginal } from '../../../src/core/concepts/explainers/openai-original.ts'
import { exampleNeurons } from '../../../src/core/concepts/prompts/example-neurons.ts'
import {
  renderExplainPrompt,
  renderExplainPromptWithin,
  type PromptRoom,
} from '../../../src/core/concepts/prompts/explain-prompt.ts'
import { roomOf } from '../../../src/main/services/concepts/prompt-room.ts'
import { explainRequests } from '../../../src/main/services/concepts/llm-neuron.ts'
import { findWays } from '../../../src/main/services/concepts/llm-ways.ts'
import { bench, draftOf } from '../language-models/support.ts'

const golden = (name: string) => readFileSync(new URL(`../../fixtures/concepts/${name}.txt`, import.meta.url), 'utf8')

/** Five records of a neuron, their maxima falling. */
const records = ['sea', 'tide', 'harbour', 'sail', 'wave'].map((word, i) => ({
  tokens: ['The', ` ${word}`, ' was', ' calm', '.'],
  activations: Float32Array.from([0, 10 - i, 0, 0.5, 0]),
}))

/** A word counts as a token. */
const room = (contextTokens: number): PromptRoom => ({
  contextTokens,
  countTokens: (messages) => messages.reduce((sum, { content }) => sum + content.split(/\s+/).length, 0),
})
const recordsOf = (text: string) =>
  text
    .split('\n\nNeuron ')
    .slice(1)
    .map((part) => part.match(/Activations:\n[^]*?\n\n/)?.[0].match(/<start>/g)?.length)
const whole = renderExplainPrompt(records)
const length = room(0).countTokens(whole.messages)

describe('the prompt that explains a neuron to a model of known context', () => {
  it('of 2k tokens shows a record of each example and two of the neuron, byte for byte', () => {
    for (const context of [2048, 2049]) {
      const { text, messages } = renderExplainPromptWithin(records, room(context), 60)
      expect(`${text}\n`).toBe(golden('explain-prompt-2k'))
      expect(recordsOf(text)).toEqual([1, 1, 1, 2])
      for (const { content } of messages) expect(text).toContain(content)
    }
  })

  it('of 4k tokens loses the last record of its examples until it fits with its answer, byte for byte', () => {
    const text = (context: number) => renderExplainPromptWithin(records, room(context), context - (length - 1)).text
    expect(`${text(4096)}\n`).toBe(golden('explain-prompt-4k'))
    expect(recordsOf(text(4097))).toEqual([2, 2, 1, 5])
    const within = (answer: number) => recordsOf(renderExplainPromptWithin(records, room(4096), answer).text)
    expect(within(4096 - length)).toEqual([2, 2, 2, 5])
    expect(within(4096 - length + 1)).toEqual([2, 2, 1, 5])
    expect(within(4096 - length + 80)).toEqual([2, 1, 1, 5])
    expect(within(4096)).toEqual([1, 1, 1, 5])
  })

  it('stays whole where it fits, and where the context is not known', () => {
    expect(renderExplainPromptWithin(records, room(8192), 60)).toEqual(whole)
    expect(renderExplainPromptWithin(records, null, 60)).toEqual(whole)
    expect(openaiOriginal.request(records, releasedSampling).messages).toEqual(whole.messages)
    expect(exampleNeurons.map((example) => example.records.length)).toEqual([2, 2, 2])
  })
})

describe('the context of a model', () => {
  it('is what a person said of it, else what its name tells', async () => {
    const tokens = async (chatModel: string, contextTokens?: number | null) =>
      (await roomOf({ chatModel, ...(contextTokens === undefined ? {} : { contextTokens }) }))?.contextTokens ?? null
    expect(await tokens('gpt-3.5-turbo-0613')).toBe(4096)
    expect(await tokens('text-davinci-003')).toBe(4097)
    expect(await tokens('davinci')).toBe(2049)
    expect(await tokens('llama2:7b')).toBe(4096)
    for (const name of ['gpt-4o', 'gpt-3.5-turbo', 'davinci-002', 'test-model']) expect(await tokens(name)).toBeNull()
    expect(await tokens('gpt-4o', 2048)).toBe(2048)
    expect(await tokens('davinci', 8000)).toBe(8000)
    expect(await tokens('davinci', null)).toBe(2049)
  })

  it('is kept with its provider, also by callers that say nothing of it, and decides what is asked', async () => {
    const { models, id, server, again } = await bench({}, { contextTokens: 2048 })
    const { contextTokens: _said, ...draft } = { ...draftOf(server.baseUrl), contextTokens: 0 }
    await models.save({ id, ...draft, name: 'Another name' })
    expect(again().provider(id)).toMatchObject({ name: 'Another name', contextTokens: 2048 })
    const ways = findWays({ explainer: 'openai-original', scorer: null, calibration: 'none', samples: 1, seed: 0 })
    const split = { train: records, calibration: { top: [], random: [] }, valid: { top: [], random: [] } }
    const [request] = explainRequests(split, { ...ways, room: await roomOf(models.provider(id)) })
    expect(`${request?.messages.at(-1)?.content}\n`).toBe(
      golden('explain-prompt-2k').slice(-request!.messages.at(-1)!.content.length - 1),
    )
    await models.save({ id, ...draft, chatModel: 'a larger one' })
    expect(models.provider(id).contextTokens).toBeUndefined()
    await expect(models.save({ id, ...draft, contextTokens: 5 })).rejects.toMatchObject({ kind: 'bad-argument' })
  })
})
