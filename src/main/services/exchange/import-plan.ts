import { basename } from 'node:path'
import { SnipError } from '../../../contract/failure.ts'
import { planSchema, type Plan } from '../../../contract/files.ts'
import { parseNeuron } from '../../../contract/neuron.ts'
import type { PlanInfo } from '../../../contract/workbench/rankings.ts'
import { readNeuronSelection, type NeuronSelection } from '../../../core/exchange/read-selection.ts'
import { createNeuronSpace, describeRange, flatIndexOf } from '../../../core/ranking/neuron-space.ts'
import { makeFolder } from '../../files/make-folder.ts'
import { writeJsonAside } from '../../files/write-aside.ts'
import { refuseOutput } from '../jobs/output-file.ts'
import { neuronWidths } from '../plans/model-in-use.ts'
import { planHashOf } from '../plans/plans.ts'
import type { WorkbenchSession } from '../session/session.ts'
import { readWholeText } from './read-concepts-of.ts'

/** What to do about a file that is too large. */
const fewer = 'Check that it is the right file: a choice of a million neurons takes some 15 MB.'

/** Saves the neurons that a file names as a plan of the workspace. Throws `bad-plan` for a neuron that the model does not have. */
export async function importPlan(session: WorkbenchSession, path: string, name: string): Promise<PlanInfo> {
  const workspace = session.workspace()
  const { neurons } = readNeuronSelection(readWholeText(path, fewer), basename(path))
  const plan = planOf(neurons, basename(path))
  const space = createNeuronSpace(await neuronWidths(session))
  const flatOf = flatIndexOf(space)
  const unknown = neurons.find((neuron) => flatOf(neuron) === null)
  if (unknown !== undefined) {
    throw new SnipError(
      'bad-plan',
      `${basename(path)} names ${unknown}, which the model does not have: ${describeRange(space, parseNeuron(unknown)!)}`,
      { remedy: 'Check that the file was made for this model.' },
    )
  }
  const { store } = workspace
  if ([...store.all('plan').values()].some((other) => other.name === name)) {
    throw new SnipError('exists', `There is a plan "${name}" already`, { remedy: 'Choose another name.' })
  }
  const id = store.newId()
  makeFolder(workspace.file('plans'))
  writeJsonAside(workspace.file('plans', `${id}.json`), plan)
  const document = {
    name,
    file: `plans/${id}.json`,
    neurons: neurons.length,
    planHash: planHashOf(plan),
    madeFrom: `the file ${basename(path)}`,
    at: Date.now(),
  }
  await store.edit(`Imported the plan ${name}`, [{ kind: 'plan', key: id, after: document }])
  return { id, name, neurons: document.neurons, planHash: document.planHash, madeFrom: document.madeFrom }
}

/** The same for the command line: a dictionary or a list becomes a plan file. */
export function convertPlan(path: string, out: string): NeuronSelection & { readonly planHash: string } {
  const selection = readNeuronSelection(readWholeText(path, fewer), basename(path))
  const plan = planOf(selection.neurons, basename(path))
  refuseOutput(out, planSchema, 'plans')
  writeJsonAside(out, plan)
  return { ...selection, planHash: planHashOf(plan) }
}

function planOf(neurons: readonly string[], name: string): Plan {
  if (neurons.length === 0) {
    throw new SnipError('bad-plan', `${name} names no neuron`, { remedy: 'Give a file that names at least one.' })
  }
  return { version: 1, neurons: [...neurons], replacement: 'zero' }
}
