import { embeddingCalls } from './engine-host/embeddings.ts'
import { exportCalls } from './engine-host/exports.ts'
import { measureCalls } from './engine-host/measures.ts'
import { modelCalls } from './engine-host/models.ts'
import { neuronCalls } from './engine-host/neurons.ts'
import { textCalls } from './engine-host/texts.ts'

export * from './engine-values.ts'

/**
 * What the engine host does, for one process that owns ONNX Runtime. Bulk numbers cross as base64 of
 * little-endian typed arrays (client/bulk.ts reads and writes them); everything else as JSON. A handle names an open model, a corpus or a set of cloze questions.
 */
export const engineHostContract = {
  ...modelCalls,
  ...measureCalls,
  ...textCalls,
  ...neuronCalls,
  ...embeddingCalls,
  ...exportCalls,
}
