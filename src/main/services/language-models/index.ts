export { createLanguageModels, type LanguageModelsOptions } from './create-language-models.ts'
export type {
  BatchOutcome,
  BatchTask,
  Budget,
  CountedRequest,
  Estimate,
  LanguageModels,
  ModelUse,
  OpenEmbeddings,
  OpenLanguageModel,
  Spending,
} from './language-models.ts'
