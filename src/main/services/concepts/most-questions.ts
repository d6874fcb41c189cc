import { examplesPerSplit } from '../../../core/concepts/llm-evidence.ts'
import type { LlmWays } from './llm-ways.ts'

/** Questions that explaining so many neurons takes at most, those that score sentences and controls included; repeats after failures are not. */
export function mostQuestions(
  { samples, scorer, calibration }: Pick<LlmWays, 'samples' | 'scorer' | 'calibration'>,
  neurons: number,
  controls: number,
): number {
  // A simulation asks once for each window that is scored and, to calibrate, as many again; other scorers ask once a sentence.
  const windows =
    scorer?.id.startsWith('simulation') === true ? 2 * examplesPerSplit * (calibration === 'none' ? 1 : 2) : 1
  const perSentence = scorer === null ? 0 : windows
  return neurons * samples * (1 + perSentence) + Math.min(controls, neurons) * perSentence
}
