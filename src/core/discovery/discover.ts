import { SnipError } from '../../contract/failure.ts'
import type { ModelGraph } from '../onnx/model-graph.ts'
import type { DiscoveredModel } from './discovered-model.ts'

/**
 * Finds the neurons of both sites in an ONNX model by its structure, whatever its names.
 *
 * @throws SnipError `unsupported-model`, naming the node and what is missing; a graph that is no language model is told so.
 */
export function discoverModel(graph: ModelGraph): DiscoveredModel {
  throw new SnipError('unsupported-model', `${graph.file}: its structure is not recognised`)
}
