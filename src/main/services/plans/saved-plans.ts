import { SnipError } from '../../../contract/failure.ts'
import type { PlanChoice } from '../../../contract/workbench/model.ts'
import type { PlanInfo } from '../../../contract/workbench/rankings.ts'
import { makeFolder } from '../../files/make-folder.ts'
import { writeJsonAside } from '../../files/write-aside.ts'
import type { OpenWorkspace, WorkbenchSession } from '../session/session.ts'
import type { Documents } from '../workspace/documents.ts'
import { describePlan } from './resolve-plan.ts'

export function listPlans({ store }: OpenWorkspace): PlanInfo[] {
  return [...store.all('plan')].map(([id, document]) => planInfo(id, document))
}

function planInfo(id: string, { name, neurons, planHash, madeFrom }: Documents['plan']): PlanInfo {
  return { id, name, neurons, planHash, madeFrom }
}

/** Keeps a plan under a name, as plans/<id>.json. Throws `exists` for a name that is taken, `bad-argument` for an empty plan. */
export async function savePlan(session: WorkbenchSession, choice: PlanChoice, name: string): Promise<PlanInfo> {
  const workspace = session.workspace()
  const { plan, title, k, planHash } = await describePlan(session, choice)
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
  const document = { name, file, neurons: k, planHash, madeFrom: title, at: Date.now() }
  await store.edit(`Saved the plan ${name}`, [{ kind: 'plan', key: id, after: document }])
  return planInfo(id, document)
}

/** Takes a plan off the list. Its file stays, so that undo brings it back. */
export async function removePlan({ store }: OpenWorkspace, id: string): Promise<void> {
  const document = store.get('plan', id)
  if (document === null) throw new SnipError('not-found', 'There is no such plan any more')
  await store.edit(`Removed the plan ${document.name}`, [{ kind: 'plan', key: id, after: null }])
}
