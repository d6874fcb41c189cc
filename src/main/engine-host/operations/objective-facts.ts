import type { Objective } from '../../../contract/engine-host.ts'
import type { OpenModel } from '../model/open-model.ts'

/** What a refusal says of a model that was trained for something else. */
export function objectiveFacts({ familyName, shape }: OpenModel): { familyName: string; objective: Objective } {
  return { familyName, objective: shape.objective }
}
