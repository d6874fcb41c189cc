export { createLanguageModels, type LanguageModelsOptions } from './create-language-models.ts'
export { admitLocalModel } from './local/admit-local-model.ts'
export { isLocalModel, localModelDraft } from './local/local-provider.ts'
export { chatModelIdOf } from './model-id.ts'
export type {
  BatchOutcome,
  BatchTask,
  Budget,
  CountedRequest,
  Estimate,
  EstimateOptions,
  KeptVectors,
  LanguageModels,
  ModelUse,
  OpenEmbeddings,
  OpenLanguageModel,
  Spending,
} from './language-models.ts'
