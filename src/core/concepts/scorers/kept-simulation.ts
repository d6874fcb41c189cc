import { mostSimulatedTokens, type ConceptSimulation } from '../../../contract/files.ts'
import type { NeuronId } from '../../../contract/neuron.ts'
import { allWindows, type LlmEvidence } from '../llm-evidence.ts'
import type { Calibration } from './calibration.ts'
import type { LlmScore } from './llm-scorer.ts'

/** Steps between the least and the greatest value: whole numbers from 0 to 10 are kept exactly, others to 0.02. */
export const simulationSteps = 250
/** The levels that simulators give. */
const highestLevel = 10

/** One window of a kept simulation. */
export interface SimulatedWindow {
  /** Number of the window in the recording. */
  readonly number: number
  readonly isTop: boolean
  readonly simulated: readonly number[]
}

/**
 * A score's simulation in the form in which it is kept; null where the scorer predicts no activations, the windows have no number or
 * there are too many tokens.
 */
export function packSimulation(
  neuron: NeuronId,
  text: string,
  { valid }: LlmEvidence,
  { simulated, scoreKind }: LlmScore,
  calibration: Calibration,
): ConceptSimulation | null {
  const windows = allWindows(valid).flatMap(({ number }) => (number === undefined ? [] : [number]))
  if (simulated === null || windows.length === 0 || windows.length !== simulated.length) return null
  const lengths = simulated.map(({ length }) => length)
  if (lengths.reduce((sum, length) => sum + length, 0) > mostSimulatedTokens) return null
  const { from, to } = calibration === 'none' ? { from: 0, to: highestLevel } : rangeOf(simulated)
  const step = (to - from) / simulationSteps
  let bytes = ''
  for (const values of simulated) {
    for (const value of values) {
      const byte = step > 0 ? Math.round((value - from) / step) : 0
      bytes += String.fromCharCode(Math.min(simulationSteps, Math.max(0, byte)))
    }
  }
  return { neuron, text, scoreKind, from, to, windows, top: valid.top.length, lengths, levels: btoa(bytes) }
}

/** What was kept, window by window; null where its parts do not fit together. */
export function unpackSimulation(kept: ConceptSimulation): SimulatedWindow[] | null {
  let bytes: string
  try {
    bytes = atob(kept.levels)
  } catch {
    return null
  }
  const { windows, lengths, from, to, top } = kept
  const tokens = lengths.reduce((sum, length) => sum + length, 0)
  if (lengths.length !== windows.length || tokens !== bytes.length) return null
  const unpacked: SimulatedWindow[] = []
  let at = 0
  for (const [place, number] of windows.entries()) {
    const end = at + lengths[place]!
    const simulated: number[] = []
    for (; at < end; at++) simulated.push(from + ((to - from) * bytes.charCodeAt(at)) / simulationSteps)
    unpacked.push({ number, isTop: place < top, simulated })
  }
  return unpacked
}

/** Least and greatest value, as the doubles that they are written as: the same in every run. */
function rangeOf(simulated: readonly Float32Array[]): { readonly from: number; readonly to: number } {
  let from = Infinity
  let to = -Infinity
  for (const values of simulated) {
    for (const value of values) {
      from = Math.min(from, value)
      to = Math.max(to, value)
    }
  }
  return { from, to }
}
