import type { z } from 'zod'
import type { ForgetConcept } from '../../../contract/files.ts'

/** What an extractor reads. */
export interface ForgetEvidence {
  /** Texts of the forget set. */
  readonly forget: readonly string[]
  /** Ordinary texts to contrast with. */
  readonly reference: readonly string[]
  /**
   * Words that a task asks for and its texts leave out, such as the answers of a cloze test. When given, these are
   * contrasted with all the texts.
   */
  readonly targets?: readonly string[]
}

/** A way to name what a forget set needs. */
export interface Extractor<Parameters> {
  readonly id: string
  readonly name: string
  readonly citation: string
  readonly parameters: z.ZodType<Parameters>
  readonly presets: Readonly<Record<string, Parameters>>
  /** Most important concept first; weights from 1 downwards. */
  run(evidence: ForgetEvidence, parameters: Parameters): ForgetConcept[]
}
