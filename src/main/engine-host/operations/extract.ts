import { SnipError } from '../../../contract/failure.ts'
import type { ForgetConcept } from '../../../contract/files.ts'
import { extractors } from '../../../core/concepts/extractors/index.ts'

export interface ExtractRequest {
  readonly extractor: string
  readonly forget: readonly string[]
  readonly reference: readonly string[]
  readonly targets: readonly string[] | null
}

/** Names what a forget set has more of than reference text. Takes seconds, in which this process does nothing else. */
export function extractConcepts({ extractor: id, forget, reference, targets }: ExtractRequest): ForgetConcept[] {
  const extractor = Object.values(extractors).find((member) => member.id === id)
  if (!extractor) {
    throw new SnipError('bad-argument', `There is no extractor '${id}'`, {
      remedy: `Use one of: ${Object.keys(extractors).join(', ')}.`,
    })
  }
  return extractor.run({ forget, reference, ...(targets === null ? {} : { targets }) }, extractor.parameters.parse({}))
}
