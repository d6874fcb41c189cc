import { SnipError } from '../../../contract/failure.ts'
import type { Plan } from '../../../contract/files.ts'
import type { PlanChoice } from '../../../contract/workbench/model.ts'
import type { PlanInfo } from '../../../contract/workbench/rankings.ts'
import { makeFolder } from '../../files/make-folder.ts'
import { writeJsonAside } from '../../files/write-aside.ts'
import type { OpenWorkspace, WorkbenchSession } from '../session/session.ts'
import type { Documents } from '../workspace/documents.ts'
import { evidenceInUse } from '../rankings/ranking-inputs.ts'
import { folderOfRecording, recordingOf } from '../recordings/recorded-model.ts'
import { planHashOf } from './plans.ts'
import { readMeans } from './recorded-means.ts'
import { describePlan } from './resolve-plan.ts'

export function listPlans({ store }: OpenWorkspace): PlanInfo[] {
  return [...store.all('plan')].map(([id, document]) => planInfo(id, document))
}

function planInfo(id: string, { name, neurons, planHash, madeFrom }: Documents['plan']): PlanInfo {
  return { id, name, neurons, planHash, madeFrom }
}

export interface SavedChoice {
  readonly plan: PlanChoice
  readonly name: string
  /** `zero` keeps what the plan has: a plan that was saved with means stays one. */
  readonly replacement: 'zero' | 'mean'
}

/** Keeps a plan under a name, as plans/<id>.json. Throws `exists` for a name that is taken, `bad-argument` for an empty plan. */
export async function savePlan(
  session: WorkbenchSession,
  { plan: choice, name, replacement }: SavedChoice,
): Promise<PlanInfo> {
  const workspace = session.workspace()
  const { plan: chosen, title, k } = await describePlan(session, choice)
  const plan = chosen !== null && replacement === 'mean' ? withRecordedMeans(workspace, chosen) : chosen
  if (plan === null) {
    throw new SnipError('bad-argument', 'No neuron is chosen, so there is no plan to save', {
      remedy: 'Move the slider to prune at least one neuron.',
    })
  }
  const { store } = workspace
  for (const other of store.all('plan').values()) {
    if (other.name === name) {
      throw new SnipError('exists', `There is a plan "${name}" already`, { remedy: 'Choose another name.' })
    }
  }
  const id = store.newId()
  const file = `plans/${id}.json`
  makeFolder(workspace.file('plans'))
  writeJsonAside(workspace.file('plans', `${id}.json`), plan)
  const madeFrom = replacement === 'mean' ? `${title}, at their means` : title
  const document = { name, file, neurons: k, planHash: planHashOf(plan), madeFrom, at: Date.now() }
  await store.edit(`Saved the plan ${name}`, [{ kind: 'plan', key: id, after: document }])
  return planInfo(id, document)
}

/** The plan with each neuron at its mean over the recording in use. Throws `not-found` without one. */
function withRecordedMeans(workspace: OpenWorkspace, plan: Plan): Plan {
  const inUse = evidenceInUse(workspace)
  if (inUse === null) {
    throw new SnipError('not-found', 'There is no recording whose means the neurons could stay at', {
      remedy: 'Record the model first, or let zero replace the neurons.',
    })
  }
  return readMeans(folderOfRecording(workspace, recordingOf(workspace, inUse))).fix(plan)
}

/** Takes a plan off the list. Its file stays, so that undo brings it back. */
export async function removePlan({ store }: OpenWorkspace, id: string): Promise<void> {
  const document = store.get('plan', id)
  if (document === null) throw new SnipError('not-found', 'There is no such plan any more')
  await store.edit(`Removed the plan ${document.name}`, [{ kind: 'plan', key: id, after: null }])
}
