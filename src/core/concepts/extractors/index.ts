import { lexicalExtractor } from './lexical.ts'

/** All extractors by id. */
export const extractors = { [lexicalExtractor.id]: lexicalExtractor } as const
