/** Names of models with small contexts, as their makers published them, and their tokens. Models of 8k and more need no rule. */
const knownContexts: readonly (readonly [RegExp, number])[] = [
  [/^(?:text-)?(?:davinci|curie|babbage|ada)(?:-001|-instruct-beta)?$/, 2049],
  [/^text-davinci-00[23]$/, 4097],
  [/^gpt-3\.5-turbo-(?:0301|0613|instruct(?:-0914)?)$/, 4096],
  [/^(?:.*\/)?llama-?2(?:$|[-:])(?!.*(?:32k|long))/i, 4096],
  [/^(?:.*\/)?(?:tinyllama|pythia|phi-2|gpt-j|opt)(?:$|[-:])/i, 2048],
]

/** Tokens that a model of this name can hold; null where its name does not tell. */
export function knownContextOf(model: string): number | null {
  return knownContexts.find(([name]) => name.test(model))?.[1] ?? null
}
