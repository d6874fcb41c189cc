import { readFileSync } from 'node:fs'
import type { EvidenceWindow, NeuronEvidence } from '../../../src/core/concepts/evidence.ts'
import { createRandom } from '../../../src/core/stats/random.ts'

const folder = new URL('../../fixtures/concepts/', import.meta.url)

/** Cuts text into tokens as a byte-level vocabulary does: a space goes with the word after it, long words are split. */
export function tokenise(text: string): string[] {
  const tokens: string[] = []
  for (const [piece] of text.matchAll(/\n *(?=\S)|\n+| ?[\p{L}\p{N}_]+| ?[^\s\p{L}\p{N}_]|\s+/gu)) {
    if (piece.trim().length > 8) tokens.push(piece.slice(0, 5), piece.slice(5))
    else tokens.push(piece)
  }
  return tokens
}

/** Windows of 64 tokens of the two fixture texts. */
export function fixtureWindows(): string[][] {
  const windows: string[][] = []
  for (const name of ['alice.txt', 'code.py.txt']) {
    const tokens = tokenise(readFileSync(new URL(name, folder), 'utf8'))
    for (let i = 0; i + 64 <= tokens.length; i += 64) windows.push(tokens.slice(i, i + 64))
  }
  return windows
}

/** Evidence of a neuron whose activation is `fire(token, index, window)`, plus a little seeded noise. */
export function plant(
  windows: readonly string[][],
  fire: (token: string, index: number, window: readonly string[]) => number,
  noise = 0.02,
): NeuronEvidence {
  const random = createRandom(11)
  const all: EvidenceWindow[] = windows.map((tokens) => ({
    tokens,
    activations: Float32Array.from(tokens, (token, i) => fire(token, i, tokens) + noise * random.normal()),
  }))
  const byMaximum = all.toSorted((a, b) => Math.max(...b.activations) - Math.max(...a.activations))
  const sample = createRandom(5).sample(all.length, 20)
  return {
    neuron: 'mlp:0:0',
    top: byMaximum.slice(0, 20),
    random: sample.flatMap((i) => all[i] ?? []),
  }
}
