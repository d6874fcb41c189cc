import type { CompletionBody, PlantedModel } from './answers.ts'
import { tokensOf } from './answers.ts'

/**
 * A model that knows what each neuron fires on: single words. It names the word that activates a neuron most, simulates a concept by the
 * word that it quotes, judges and rates by whether that word occurs, and lists the words of samples.
 */
export function plantedWords(words: readonly string[]): PlantedModel {
  const echoes = new Map<string, readonly string[]>()
  return {
    chat: ({ messages }) => answer(messages.at(-1)?.content ?? '', messages[0]?.content ?? '', words),
    topAt: (token, place, body) => {
      if ('prompt' in body) return echoTop(token, place, body, echoes)
      // Sure of it, with some doubt that is no number.
      return /^\d$/.test(token)
        ? { [token]: Math.log(0.8), ' the': Math.log(0.1), '5': Math.log(0.05) }
        : { [token]: 0 }
    },
  }
}

/** The sentence that names a word. */
export function sentenceOf(word: string): string {
  return `the word "${word}" and nothing else.`
}

function quotedIn(text: string): string {
  return /"([^"]+)"/.exec(text)?.[1] ?? ''
}

function answer(last: string, first: string, words: readonly string[]): string {
  if (last.includes('List a comprehensive list')) return listOf(last, words)
  if (last.includes('Rate every concept')) return rates(last)
  if (last.includes('What the neuron looks for:')) return judge(last)
  if (first.includes('༗')) return simulate(last)
  return sentenceOf(strongest(last))
}

/** The token with the largest activation, of either prompt of an explainer. */
function strongest(prompt: string): string {
  const listed = /strongest first:\n(.*)/.exec(prompt)?.[1]
  if (listed !== undefined) return (/"([^"]+)"/.exec(listed)?.[1] ?? '').trim()
  let best = { token: '', level: -1 }
  for (const [, token, level] of prompt.matchAll(/^(.*)\t(\d+)$/gm)) {
    if (Number(level) > best.level) best = { token: token!.trim(), level: Number(level) }
  }
  return best.token
}

function simulate(question: string): string {
  const word = quotedIn(/find (.*)/.exec(question)?.[1] ?? '')
  const lines = question
    .slice(question.lastIndexOf('<start>') + '<start>\n'.length, question.lastIndexOf('\n<end>'))
    .split('\n')
  return ['<start>', ...lines.map((line) => `${line}${line.replace('༗', '').trim() === word ? 9 : 0}`), '<end>'].join(
    '\n',
  )
}

function echoTop(token: string, place: number, { prompt }: CompletionBody, echoes: Map<string, readonly string[]>) {
  if (token !== 'unknown') return { [token]: 0 }
  const tokens = echoes.get(prompt) ?? tokensOf(prompt)
  echoes.set(prompt, tokens)
  const concept = prompt.slice(prompt.lastIndexOf('the main thing this neuron does is find'))
  const fires = tokens[place - 2]?.trim() === quotedIn(concept.split('\n')[0] ?? '')
  return fires ? { '9': Math.log(0.7), '8': Math.log(0.2) } : { '0': Math.log(0.9), '1': Math.log(0.05) }
}

function judge(question: string): string {
  const word = quotedIn(/What the neuron looks for: (.*)/.exec(question)?.[1] ?? '')
  const marks = question.includes('marked with <<')
  const examples = question.slice(question.indexOf('Examples:\n')).matchAll(/^(\d+)\. (.*)$/gm)
  return Array.from(examples, ([, number, text]) => {
    const holds = marks ? text!.includes(`<<${word}>>`) : text!.split(/\s+/).includes(word)
    return `${number}: ${holds ? 1 : 0}`
  }).join('\n')
}

function rates(question: string): string {
  const samples = question.slice(0, question.indexOf('Neuron concepts:\n'))
  const concepts = question.slice(question.indexOf('Neuron concepts:\n')).matchAll(/^(\d+)\. (.*)$/gm)
  return Array.from(concepts, ([, number, text]) => {
    const holds = samples.split(/[^\p{L}]+/u).includes(quotedIn(text!))
    return `${number}: ${holds ? 9 : 1}`
  }).join('\n')
}

function listOf(question: string, words: readonly string[]): string {
  const shown = question.slice(question.indexOf('sample1:')).split(/[^\p{L}]+/u)
  return words
    .filter((word) => shown.includes(word))
    .map((word, i) => `${i + 1}. ${sentenceOf(word)}`)
    .join('\n')
}
