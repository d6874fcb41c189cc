import { lexicalExplainer } from './lexical.ts'

/** All explainers by id. */
export const explainers = { [lexicalExplainer.id]: lexicalExplainer } as const
