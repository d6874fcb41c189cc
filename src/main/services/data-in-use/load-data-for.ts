import type { ModelFacts } from '../../../contract/engine-host.ts'
import { loadImages } from '../images/load-images.ts'
import type { ModelReference } from '../engine/engine.ts'
import type { Models } from '../models/models.ts'
import type { Task } from '../task.ts'
import { loadData, type DataInUse, type DataRequest } from './data-in-use.ts'

/** Reads the data of a piece of work as the model takes it: text, or images for a classifier of images. */
export async function loadDataFor(
  facts: Pick<ModelFacts, 'objective'>,
  request: DataRequest,
  task: Task,
): Promise<DataInUse> {
  return facts.objective === 'image' ? loadImages(request, task) : loadData(request, task)
}

/** The same for a model that may not be open yet. */
export async function openAndLoad(
  models: Models,
  model: ModelReference,
  request: DataRequest,
  task: Task,
): Promise<DataInUse> {
  return loadDataFor(await models.open(model, task.signal), request, task)
}
