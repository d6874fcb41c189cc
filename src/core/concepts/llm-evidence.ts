import type { EvidenceWindow, NeuronEvidence } from './evidence.ts'

/** Windows that score a concept: some where the neuron is strongest, some drawn at random. */
export interface ScoringPart {
  readonly top: readonly EvidenceWindow[]
  readonly random: readonly EvidenceWindow[]
}

/** Evidence as the original explainer deals it: a concept is written from `train`, calibrated and scored on windows it never saw. */
export interface LlmEvidence {
  readonly train: readonly EvidenceWindow[]
  readonly calibration: ScoringPart
  readonly valid: ScoringPart
}

/** Sequences of each kind in each part, as released. */
export const examplesPerSplit = 5

/**
 * Deals top windows by stride 4 (train, calibration, valid, test) and random windows by stride 3 (calibration, valid, test), at most
 * `perSplit` of each a part; the test part is left unseen. A text that occurs in an earlier part is dropped from a later one.
 */
export function splitForLanguageModel(evidence: NeuronEvidence, perSplit: number = examplesPerSplit): LlmEvidence {
  const seen = new Set<string>()
  const take = (windows: readonly EvidenceWindow[], part: number, stride: number) => {
    const taken: EvidenceWindow[] = []
    for (let i = part; i < windows.length && taken.length < perSplit; i += stride) {
      const window = windows[i]!
      const text = window.tokens.join('\u0000')
      if (seen.has(text)) continue
      seen.add(text)
      taken.push(window)
    }
    return taken
  }
  const train = take(evidence.top, 0, 4)
  const calibration = { top: take(evidence.top, 1, 4), random: take(evidence.random, 0, 3) }
  const valid = { top: take(evidence.top, 2, 4), random: take(evidence.random, 1, 3) }
  return { train, calibration, valid }
}

export function allWindows(part: ScoringPart): readonly EvidenceWindow[] {
  return [...part.top, ...part.random]
}
