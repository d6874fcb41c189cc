import { describe, expect, it } from 'vitest'
import { splitForLanguageModel } from '../../../src/core/concepts/llm-evidence.ts'
import { fuzzing } from '../../../src/core/concepts/scorers/fuzzing.ts'
import { holdsEscape, markTokens } from '../../../src/core/concepts/scorers/mark-tokens.ts'
import { createRandom } from '../../../src/core/stats/random.ts'

/** What a marked text was made from: the text, and where in it marked parts begin and end. */
function unmarked(marked: string): { text: string; marks: number[] } {
  const marks: number[] = []
  let text = ''
  let from = 0
  for (const match of marked.matchAll(/(\\*)(<{1,3}|>{1,3})/g)) {
    const [whole, backslashes, signs] = [match[0], match[1]!.length, match[2]!]
    text += marked.slice(from, match.index)
    text += '\\'.repeat(signs.length === 2 ? backslashes : Math.floor(backslashes / 2))
    if (signs.length !== 2) text += signs[0]
    if (signs.length !== 1) marks.push(text.length)
    from = match.index + whole.length
  }
  return { text: text + marked.slice(from), marks }
}

describe('tokens between marks', () => {
  it.each([
    [['The', ' sea', ' was'], [1], 'The <<sea>> was'],
    [['if', ' a', ' <', ' b', ' and', ' c', '>', '0'], [1], 'if <<a>> < b and c>0'],
    [['a', '\\', 'frac'], [2], 'a\\<<frac>>'],
    [['cout', ' <<', 'sea', '>>', ' x', ' y'], [4], 'cout \\<\\<sea\\>\\> <<x>> y'],
    [['cout', ' <<', 'sea', '>>', ' x', ' y'], [1], 'cout <<\\<\\<>>sea\\>\\> x y'],
    [['a', '<', '<', 'b'], [3], 'a\\<\\<<<b>>'],
    [['a', '>', ' b'], [1], 'a<<\\>>> b'],
  ])('%j marked at %j are %j', (tokens, places, text) => {
    expect(markTokens(tokens, places)).toBe(text)
  })

  it('can be told from the text, whatever it holds', () => {
    const random = createRandom(7)
    const signs = ['<', '>', '<<', '>>', '\\', '\\\\', 'a', 'b', ' c']
    let escaped = 0
    for (let round = 0; round < 3000; round++) {
      const tokens = [
        'x',
        ...Array.from({ length: 1 + random.integer(7) }, () => signs[random.integer(signs.length)]!),
        'y',
      ]
      const place = random.integer(tokens.length)
      const token = tokens[place]!
      const start = tokens.slice(0, place).join('').length + (token.length - token.trimStart().length)
      const marked = markTokens(tokens, [place])
      expect(unmarked(marked)).toEqual({
        text: tokens.join(''),
        marks: [start, start + token.trimStart().length],
      })
      const bare = marked.replace('<<', '').replace('>>', '').replaceAll('\\', '')
      const isEscaped = holdsEscape(marked)
      if (isEscaped) escaped++
      // Without an escape only the marks, and backslashes before single signs, were added.
      expect(isEscaped || bare === tokens.join('').replaceAll('\\', '')).toBe(true)
    }
    expect(escaped).toBeGreaterThan(1000)
  })

  it('are explained in the question only where a text has the signs itself', () => {
    const question = (tokens: string[]) => {
      const activations = Float32Array.from(tokens, (_, i) => (i === 4 ? 10 : 0))
      const top = Array.from({ length: 12 }, (_, i) => ({ tokens: [`${i}`, ...tokens.slice(1)], activations }))
      const split = splitForLanguageModel({ neuron: 'mlp:0:0', top, random: [] })
      const [request] = fuzzing.requests('the letter x', split, { calibration: 'none', seed: 1 })
      return request?.kind === 'chat' ? request.request.messages[0]!.content : ''
    }
    const note = 'Where the text itself has these signs, they are written \\< and \\>.\n\nWhat the neuron looks for'
    expect(question(['cout', ' <<', 'sea', '>>', ' x', ' y'])).toContain(note)
    expect(question(['the', ' sea', ' and', ' the', ' x', ' y'])).not.toContain('signs')
    expect(question(['cout', ' <<', 'sea', '>>', ' x', ' y']).match(/(?<!\\)<<(?:.*?)(?<!\\)>>/g)).toContain('<<x>>')
  })
})
