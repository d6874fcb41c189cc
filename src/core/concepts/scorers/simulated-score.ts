import { pooledAbsoluteDeviationExplained, pooledPearson, pooledRSquared } from '../../stats/correlation.ts'
import type { EvidenceWindow } from '../evidence.ts'
import { allWindows, type LlmEvidence } from '../llm-evidence.ts'
import { fitCalibration, type Calibration } from './calibration.ts'
import { notScoreable, type LlmScore, type ScoreReply } from './llm-scorer.ts'

/** Activations read from one reply, or why there are none. */
export type SimulationReading =
  | { readonly ok: true; readonly activations: Float32Array }
  | { readonly ok: false; readonly reason: string }

/** The windows that a simulation asks about, in the order of its requests: calibration (where it is used), then valid. */
export function simulatedWindows(evidence: LlmEvidence, calibration: Calibration): readonly EvidenceWindow[] {
  const valid = allWindows(evidence.valid)
  return calibration === 'none' ? valid : [...allWindows(evidence.calibration), ...valid]
}

/**
 * Score of simulated activations: Pearson correlation pooled over all tokens of all valid windows. Every window must have been read:
 * a score over the windows that happened to work would favour easy ones.
 */
export function scoreSimulation(
  scoreKind: string,
  evidence: LlmEvidence,
  replies: readonly ScoreReply[],
  calibration: Calibration,
  read: (reply: Exclude<ScoreReply, { kind: 'failed' }>, window: EvidenceWindow, index: number) => SimulationReading,
): LlmScore {
  const windows = simulatedWindows(evidence, calibration)
  if (windows.length === 0) return notScoreable(scoreKind, 'no window was held out to score on')
  const simulated: Float32Array[] = []
  for (const [i, window] of windows.entries()) {
    const reply = replies[i]
    if (!reply || reply.kind === 'failed') {
      return notScoreable(scoreKind, reply?.reason ?? 'a window was not asked about')
    }
    const reading = read(reply, window, i)
    if (!reading.ok) return notScoreable(scoreKind, reading.reason)
    simulated.push(reading.activations)
  }
  const fitted = windows.length - allWindows(evidence.valid).length
  const pairs = windows.map((window, i) => ({ real: window.activations, simulated: simulated[i]! }))
  const toTrueScale = fitCalibration(calibration, pairs.slice(0, fitted))
  if (!toTrueScale) return notScoreable(scoreKind, 'the simulation says the same of every calibration token')
  const valid = pairs.slice(fitted).map((pair) => ({ real: pair.real, simulated: pair.simulated.map(toTrueScale) }))
  const score = pooledPearson(valid)
  const scored = { scoreKind, simulated: valid.map((pair) => pair.simulated) }
  if (score === null) {
    return { ...scored, score, reason: 'the true or the simulated activations are the same at every held-out token' }
  }
  return {
    ...scored,
    score,
    rSquared: pooledRSquared(valid),
    absoluteDeviationExplained: pooledAbsoluteDeviationExplained(valid),
  }
}
