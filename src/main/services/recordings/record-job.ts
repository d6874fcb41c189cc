import { z } from 'zod'
import { siteSchema, type Site } from '../../../contract/neuron.ts'
import { idSchema } from '../../../contract/workbench/call.ts'
import type { ModelCard } from '../../../contract/workbench/model.ts'
import { makeFolder } from '../../files/make-folder.ts'
import { loadDataset } from '../datasets/load-dataset.ts'
import type { JobTask } from '../jobs/job-runner.ts'
import { describeJob } from '../jobs/job-folder.ts'
import { modelInUse } from '../plans/model-in-use.ts'
import { evidenceInUse } from '../rankings/ranking-inputs.ts'
import { datasetInUse } from '../runs/evaluation-sets.ts'
import type { OpenWorkspace, WorkbenchSession } from '../session/session.ts'
import type { Change } from '../workspace/document-store.ts'
import type { Documents } from '../workspace/documents.ts'
import { record, recordingJob } from './record.ts'

const recordParamsSchema = z.object({
  dataset: idSchema,
  tokens: z.number().int().positive().nullable(),
  window: z.number().int().min(2),
  sites: z.array(siteSchema).min(1),
  seed: z.number().int(),
})
export type RecordParams = z.infer<typeof recordParamsSchema>

export function registerRecordJobs(session: WorkbenchSession): void {
  session.jobs.register('record', {
    params: recordParamsSchema,
    run: (params, task) => runRecord(session, params, task),
  })
}

/** Starts a recording of a data set with the workspace's model. */
export async function startRecording(session: WorkbenchSession, params: RecordParams): Promise<string> {
  const workspace = session.workspace()
  const { document } = datasetInUse(workspace, params.dataset)
  const { reference, document: model } = modelInUse(workspace)
  const card = model.card ?? (await session.workbench.models.open(reference, new AbortController().signal))
  return session.jobs.start('record', `Record ${sizeOf(card, params.sites)} over ${document.name}`, params)
}

/** "4 layers x 768 neurons", or the number of neurons where layers differ. */
function sizeOf({ neurons }: Pick<ModelCard, 'neurons'>, sites: readonly Site[]): string {
  const layers = Math.max(...sites.map((site) => neurons[site].length))
  const widths = Array.from({ length: layers }, (_, layer) =>
    sites.reduce((sum, site) => sum + (neurons[site][layer] ?? 0), 0),
  )
  const [first = 0] = widths
  if (widths.every((width) => width === first))
    return `${layers} ${layers === 1 ? 'layer' : 'layers'} x ${first} neurons`
  return `${widths.reduce((sum, width) => sum + width, 0)} neurons`
}

/** Records into recordings/<identity>/: the same recording asked for twice is there already, and one that was stopped goes on. */
async function runRecord(session: WorkbenchSession, params: RecordParams, task: JobTask): Promise<string> {
  const workspace = session.workspace()
  const { models } = session.workbench
  const { document } = datasetInUse(workspace, params.dataset)
  const { reference } = modelInUse(workspace)
  const data = await loadDataset(workspace, params.dataset, task)
  const modelHash = await models.modelHash(reference, task.signal)
  const request = { ...params, model: reference, data }
  const { identityHash } = describeJob(recordingJob(request, modelHash))
  const folder = `recordings/${identityHash.slice(0, 16)}`
  makeFolder(workspace.file('recordings'))
  const directory = workspace.file(...folder.split('/'))
  const { manifest } = await record(models, { ...request, directory }, task)
  const known = [...workspace.store.all('recording')].find(([, recording]) => recording.folder === folder)
  const id = known?.[0] ?? task.job
  const { tokens, windows, window, neurons, seed, sites, dataHash } = manifest
  const after: Documents['recording'] = {
    dataset: params.dataset,
    data: document.name,
    folder,
    modelHash,
    dataHash,
    sites,
    tokens,
    windows,
    window,
    neurons,
    seed,
    at: Date.now(),
  }
  const probes = document.roles.includes('probe')
  await workspace.store.put([
    { kind: 'recording', key: id, after },
    ...evidenceChange(workspace, id, modelHash, probes),
  ])
  return id
}

/**
 * A new recording becomes the evidence when there is none of this model, or when its data are for probing: those of forget and
 * retain data are there to be compared.
 */
function evidenceChange(workspace: OpenWorkspace, id: string, modelHash: string, probes: boolean): Change[] {
  const current = evidenceInUse(workspace)
  const usable = current !== null && workspace.store.get('recording', current)?.modelHash === modelHash
  if (usable && !probes) return []
  return [{ kind: 'evidence', key: 'evidence', after: { recording: id } }]
}
