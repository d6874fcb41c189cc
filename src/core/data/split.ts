import type { ClozeQuestion } from './dataset.ts'

/** Number of leading questions that the forget set takes. */
export const clozeForgetCount = 100

/**
 * Splits cloze questions into the forget set (positions 1-100 in the file) and the evaluation set (the rest).
 * It goes by position in the file, so a damaged or unsampled question never moves another one across.
 */
export function splitCloze(questions: readonly ClozeQuestion[]): {
  forget: ClozeQuestion[]
  evaluation: ClozeQuestion[]
} {
  const forget: ClozeQuestion[] = []
  const evaluation: ClozeQuestion[] = []
  for (const question of questions) (question.index <= clozeForgetCount ? forget : evaluation).push(question)
  return { forget, evaluation }
}
