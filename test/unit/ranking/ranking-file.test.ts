import { describe, expect, it } from 'vitest'
import { SnipError } from '../../../src/contract/failure.ts'
import { parseRanking, serialiseRanking } from '../../../src/core/ranking/ranking-file.ts'

const header = '{"method":"random","preset":null,"params":{},"modelHash":null,"seed":3,"neuronCount":4}'
const row = (neuron: string, score: number, rank: number) => JSON.stringify({ neuron, score, rank })

function messageOf(lines: string[]): string {
  try {
    parseRanking(lines.join('\n'), 'r.jsonl')
  } catch (error) {
    if (error instanceof SnipError) return `${error.kind} ${error.message}`
    throw error
  }
  return 'no error'
}

describe('a ranking file', () => {
  it('reads back byte for byte what was written', () => {
    const text = `${header}\n${row('mlp:0:1', 0.1 + 0.2, 1)}\n${row('mlp:0:0', -1e-9, 2)}\n`
    const ranking = parseRanking(text, 'r.jsonl')
    expect(ranking.header.neuronCount).toBe(4)
    expect(ranking.neurons).toHaveLength(2)
    expect(serialiseRanking(ranking)).toBe(text)
  })

  it('reads line ends of Windows and may hold no neuron', () => {
    expect(parseRanking(`${header}\r\n${row('mlp:0:1', 1, 1)}\r\n`, 'r').neurons).toHaveLength(1)
    expect(parseRanking(header, 'r').neurons).toEqual([])
  })

  it.each([
    ['is empty', [''], 'bad-file r.jsonl is empty'],
    ['lacks its header', [row('mlp:0:1', 1, 1)], 'bad-file r.jsonl, line 1: method: '],
    ['is not JSON', [header, '{'], 'bad-file r.jsonl, line 2: this is not JSON'],
    ['names no neuron', [header, row('mlp:1', 1, 1)], 'bad-file r.jsonl, line 2: neuron: '],
    ['skips a rank', [header, row('mlp:0:1', 1, 2)], 'bad-file r.jsonl, line 2: rank 2 stands where rank 1 belongs'],
    [
      'repeats a neuron',
      [header, row('mlp:0:1', 1, 1), row('mlp:0:1', 1, 2)],
      'bad-file r.jsonl, line 3: neuron mlp:0:1 stands twice',
    ],
    [
      'is out of order',
      [header, row('mlp:0:1', 1, 1), row('mlp:0:2', 2, 2)],
      'bad-file r.jsonl, line 3: the score is above that of the rank before',
    ],
  ])('that %s is refused with the line', (_, lines, message) => {
    expect(messageOf(lines)).toContain(message)
  })
})
