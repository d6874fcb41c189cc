import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { conceptSchema } from '../../../contract/files.ts'
import { SnipError } from '../../../contract/failure.ts'
import { siteSchema, type NeuronId } from '../../../contract/neuron.ts'
import { idSchema } from '../../../contract/workbench/call.ts'
import { flatIndexOf } from '../../../core/ranking/neuron-space.ts'
import { makeFolder } from '../../files/make-folder.ts'
import { openRecording } from '../../files/open-recording.ts'
import { writeAside } from '../../files/write-aside.ts'
import { explain } from '../concepts/explain.ts'
import { readJsonLines } from '../files-of-lines.ts'
import type { JobTask } from '../jobs/job-runner.ts'
import { readConceptFile } from '../neurons/concept-file.ts'
import { evidenceInUse } from '../rankings/ranking-inputs.ts'
import type { OpenWorkspace, WorkbenchSession } from '../session/session.ts'
import { folderOfRecording, modelOfRecordingInUse, recordingOf } from './recorded-model.ts'
import { unexplainedNeurons } from './unexplained-neurons.ts'

const explainParamsSchema = z.object({
  recording: idSchema,
  explainer: z.string(),
  sites: z.array(siteSchema).min(1),
  top: z.number().int().positive().nullable(),
  seed: z.number().int(),
})
export type ExplainParams = z.infer<typeof explainParamsSchema>

export function registerExplainJobs(session: WorkbenchSession): void {
  session.jobs.register('explain', {
    params: explainParamsSchema,
    run: (params, task, folder) => runExplain(session, params, task, folder),
  })
}

/** Starts naming the neurons of the recording in use that have no concept yet. Throws `bad-argument` when all have one. */
export async function startExplaining(
  session: WorkbenchSession,
  request: Omit<ExplainParams, 'recording'>,
): Promise<string> {
  const workspace = session.workspace()
  const recording = evidenceInUse(workspace)
  if (recording === null) {
    throw new SnipError('not-found', 'Nothing was recorded yet that could be explained', { remedy: 'Record first.' })
  }
  const { sites } = recordingOf(workspace, recording)
  const missing = request.sites.find((site) => !sites.includes(site))
  if (missing !== undefined) {
    throw new SnipError('bad-argument', `The recording in use holds no neurons of site '${missing}'`, {
      remedy: `Choose ${sites.join(' or ')}, or record ${missing} as well.`,
    })
  }
  const count = (await chosen(workspace, recording, request)).length
  if (count === 0) {
    throw new SnipError('bad-argument', 'Every neuron of these sites has a concept already', {
      remedy: 'Choose other sites, or edit the concepts by hand.',
    })
  }
  const title = `Explain ${count} ${count === 1 ? 'neuron' : 'neurons'} (${request.explainer})`
  return session.jobs.start('explain', title, { ...request, recording })
}

/** Explains into concepts/<job>.jsonl. Which neurons is settled at the first start: a resumed job goes on with the same. */
async function runExplain(session: WorkbenchSession, params: ExplainParams, task: JobTask, folder: string) {
  const workspace = session.workspace()
  const { recording, explainer, seed } = params
  const document = recordingOf(workspace, recording)
  const directory = folderOfRecording(workspace, document)
  const list = join(folder, 'neurons.txt')
  if (!existsSync(list)) {
    const neurons = await chosen(workspace, recording, params)
    writeAside(list, [`${neurons.join('\n')}\n`])
  }
  makeFolder(workspace.file('concepts'))
  const file = `concepts/${task.job}.jsonl`
  const out = workspace.file('concepts', `${task.job}.jsonl`)
  const model = await modelOfRecordingInUse(session, document, task.signal)
  const request = { recording: directory, explainer, neurons: { file: list }, seed, out, tokenizer: null, model }
  const finished = existsSync(out)
  const concepts = finished
    ? readJsonLines(out, conceptSchema, 'concepts')
    : await explain(session.workbench.models, request, task)
  const edits = workspace.store.history().length
  const after = { recording, explainer, file, concepts: concepts.length, at: Date.now(), edits }
  await workspace.store.put([{ kind: 'explanation', key: task.job, after }])
  return task.job
}

/** The neurons to explain: those with neither an explainer's concept nor a person's. */
async function chosen(
  workspace: OpenWorkspace,
  recording: string,
  { sites, top }: Pick<ExplainParams, 'sites' | 'top'>,
): Promise<NeuronId[]> {
  const { reader, close } = openRecording(folderOfRecording(workspace, recordingOf(workspace, recording)))
  try {
    const flatOf = flatIndexOf(reader.space)
    const known = new Uint8Array(reader.manifest.neurons)
    for (const explanation of workspace.store.all('explanation').values()) {
      const path = workspace.file(...explanation.file.split('/'))
      if (explanation.recording !== recording || !existsSync(path)) continue
      const { rows, failed } = await readConceptFile(path, flatOf)
      for (const [place, row] of rows.entries()) if (failed[place] === 0) known[row] = 1
    }
    for (const neuron of workspace.store.all('concept-edit').keys()) {
      const flat = flatOf(neuron)
      if (flat !== null) known[flat] = 1
    }
    return unexplainedNeurons(reader, sites, known, top)
  } finally {
    close()
  }
}
