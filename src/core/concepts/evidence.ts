import type { NeuronId } from '../../contract/neuron.ts'

/** A window of text with one neuron's activations as they are (no relu, no rounding), one per token. */
export interface EvidenceWindow {
  /** Surface text of each token, with its leading space. */
  readonly tokens: readonly string[]
  readonly activations: Float32Array
  /** Number of the window in its recording; absent where it is of none. */
  readonly number?: number
}

/** What an explainer sees of a neuron: windows with the largest activations, best first, and windows drawn at random. */
export interface NeuronEvidence {
  readonly neuron: NeuronId
  readonly top: readonly EvidenceWindow[]
  readonly random: readonly EvidenceWindow[]
}

/** The parts of the evidence: `fit` may shape a description, `heldOut` only ever scores it. */
export interface EvidenceSplit {
  /** Top windows to explain from. */
  readonly train: readonly EvidenceWindow[]
  /** Further top and random windows to choose and calibrate with. */
  readonly calibration: readonly EvidenceWindow[]
  readonly valid: readonly EvidenceWindow[]
  readonly test: readonly EvidenceWindow[]
}

/**
 * Deals top windows by stride 4 to train, calibration, valid and test, and random windows by stride 3 to calibration,
 * valid and test, as the original neuron explainer does. A window text that occurs on both sides is dropped from the
 * held-out side, so that nothing of what scores was seen.
 */
export function splitEvidence(evidence: NeuronEvidence): EvidenceSplit {
  const train: EvidenceWindow[] = []
  const calibration: EvidenceWindow[] = []
  const valid: EvidenceWindow[] = []
  const test: EvidenceWindow[] = []
  const topParts = [train, calibration, valid, test]
  const randomParts = [calibration, valid, test]
  evidence.top.forEach((window, i) => topParts[i % 4]?.push(window))
  evidence.random.forEach((window, i) => randomParts[i % 3]?.push(window))
  const seen = new Set([...train, ...calibration].map(textOf))
  const unseen = (window: EvidenceWindow) => {
    const text = textOf(window)
    if (seen.has(text)) return false
    seen.add(text)
    return true
  }
  return { train, calibration, valid: valid.filter(unseen), test: test.filter(unseen) }
}

function textOf(window: EvidenceWindow): string {
  return window.tokens.join('\u0000')
}

/** Windows that score a description. */
export function heldOutWindows(split: EvidenceSplit): readonly EvidenceWindow[] {
  return [...split.valid, ...split.test]
}
