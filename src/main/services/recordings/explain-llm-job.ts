import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { conceptSchema } from '../../../contract/files.ts'
import { SnipError } from '../../../contract/failure.ts'
import type { NeuronId } from '../../../contract/neuron.ts'
import { budgetSchema, explainRequestSchema, type NeuronChoiceInput } from '../../../contract/workbench/explaining.ts'
import { idSchema } from '../../../contract/workbench/call.ts'
import { llmExplainers } from '../../../core/concepts/explainers/llm-explainers.ts'
import { calibrations } from '../../../core/concepts/scorers/calibration.ts'
import { llmScorers } from '../../../core/concepts/scorers/llm-scorers.ts'
import { flatIndexOf } from '../../../core/ranking/neuron-space.ts'
import { parseRanking } from '../../../core/ranking/ranking-file.ts'
import { makeFolder } from '../../files/make-folder.ts'
import { openRecording } from '../../files/open-recording.ts'
import { writeAside } from '../../files/write-aside.ts'
import { explainWithLanguageModel } from '../concepts/explain-llm.ts'
import { controlWords } from '../concepts/llm-progress.ts'
import { estimateExplaining, type ExplainEstimate } from '../concepts/llm-estimate.ts'
import { checkAbilities, findWays, isLlmExplainer } from '../concepts/llm-ways.ts'
import { copySimulations } from '../concepts/simulation-file.ts'
import { embedderIds } from '../embedders/embed-texts.ts'
import { jsonLines, readJsonLines, readTextFile } from '../files-of-lines.ts'
import { inPlainWords } from '../flag-words.ts'
import type { JobTask } from '../jobs/job-runner.ts'
import { readConceptFile } from '../neurons/concept-file.ts'
import { evidenceInUse } from '../rankings/ranking-inputs.ts'
import type { OpenWorkspace, WorkbenchSession } from '../session/session.ts'
import { quietTask } from '../task.ts'
import { folderOfRecording, modelOfRecordingInUse, recordingOf } from './recorded-model.ts'
import { unexplainedNeurons } from './unexplained-neurons.ts'

const jobParamsSchema = explainRequestSchema.extend({ recording: idSchema, budget: budgetSchema.nullable() })
type JobParams = z.infer<typeof jobParamsSchema>

export function registerExplainLlmJobs(session: WorkbenchSession): void {
  session.jobs.register('explain-llm', {
    params: jobParamsSchema,
    // Its hours are spent waiting for answers: the engine gathers evidence now and then, between the batches of others.
    light: true,
    run: inPlainWords((params, task, folder) => runExplain(session, params, task, folder)),
  })
}

/** Explainers, scorers and the like that work with a language model. */
export function explainingOptions() {
  const shown = ({ id, name, citation }: { id: string; name: string; citation: string }) => ({ id, name, citation })
  return {
    explainers: llmExplainers.map(shown),
    scorers: llmScorers.map((scorer) => ({ ...shown(scorer), needs: scorer.needs })),
    calibrations: [...calibrations],
    embedders: [...embedderIds],
  }
}

type Asked = Omit<JobParams, 'recording' | 'budget'>

/** Counts what explaining would take. Sends nothing. */
export async function estimateExplainJob(
  session: WorkbenchSession,
  asked: Asked,
  signal: AbortSignal,
): Promise<ExplainEstimate> {
  const workspace = session.workspace()
  const { document, neurons } = await prepare(workspace, asked)
  const model = await modelOfRecordingInUse(session, document, signal)
  return estimateExplaining(
    session.workbench.models,
    session.languageModels,
    { ...asked, recording: folderOfRecording(workspace, document), neurons: { neurons }, tokenizer: null, model },
    quietTask(signal),
  )
}

/** Starts explaining neurons of the recording in use. Throws `bad-argument` when none of the choice is left. */
export async function startExplainJob(session: WorkbenchSession, asked: Omit<JobParams, 'recording'>): Promise<string> {
  const workspace = session.workspace()
  const { recording, neurons } = await prepare(workspace, asked)
  const provider = session.languageModels.provider(asked.provider)
  checkAbilities(findWays(asked), provider)
  const count = `${neurons.length} ${neurons.length === 1 ? 'neuron' : 'neurons'}`
  const title = `Explain ${count} with ${provider.chatModel} (${asked.explainer})`
  return session.jobs.start('explain-llm', title, { ...asked, recording })
}

async function prepare(workspace: OpenWorkspace, asked: Asked) {
  const recording = evidenceInUse(workspace)
  if (recording === null) {
    throw new SnipError('not-found', 'Nothing was recorded yet that could be explained', { remedy: 'Record first.' })
  }
  findWays(asked)
  const neurons = await chosen(workspace, recording, asked.neurons)
  if (neurons.length === 0) {
    throw new SnipError('bad-argument', 'Every one of these neurons is named by a language model or a person already', {
      remedy: 'Choose others, or more of them.',
    })
  }
  return { recording, document: recordingOf(workspace, recording), neurons }
}

/** Explains into concepts/<job>.jsonl. Which neurons is settled at the first start: a resumed job goes on with the same. */
async function runExplain(session: WorkbenchSession, params: JobParams, task: JobTask, folder: string) {
  const workspace = session.workspace()
  const { recording, explainer } = params
  const document = recordingOf(workspace, recording)
  makeFolder(folder)
  const list = join(folder, 'neurons.txt')
  if (!existsSync(list)) {
    const neurons = await chosen(workspace, recording, params.neurons)
    writeAside(list, [`${neurons.join('\n')}\n`])
  }
  makeFolder(workspace.file('concepts'))
  const file = `concepts/${task.job}.jsonl`
  const out = workspace.file('concepts', `${task.job}.jsonl`)
  if (!existsSync(out)) {
    const model = await modelOfRecordingInUse(session, document, task.signal)
    const { concepts, failed, skipped, control } = await explainWithLanguageModel(
      session.workbench.models,
      session.languageModels,
      {
        ...params,
        recording: folderOfRecording(workspace, document),
        neurons: { file: list },
        out: join(folder, 'concepts.jsonl'),
        extend: false,
        tokenizer: null,
        model,
      },
      task,
    )
    if (failed > 0) task.warn(`${failed} of ${concepts.length} neurons got no sentence: their pages say why`)
    if (skipped > 0) task.warn(`${skipped} neurons were left out: explain on to go on with them`)
    if (control !== null) task.warn(controlWords(control))
    copySimulations(join(folder, 'concepts.jsonl'), out)
    writeAside(out, jsonLines(concepts))
  }
  const concepts = readJsonLines(out, conceptSchema, 'concepts')
  const edits = workspace.store.history().length
  const after = { recording, explainer, file, concepts: concepts.length, at: Date.now(), edits }
  await workspace.store.put([{ kind: 'explanation', key: task.job, after }])
  return task.job
}

/** The neurons of a choice, in its order; those that a language model or a person has named are left out, but not of a list. */
async function chosen(workspace: OpenWorkspace, recording: string, choice: NeuronChoiceInput): Promise<NeuronId[]> {
  const { reader, close } = openRecording(folderOfRecording(workspace, recordingOf(workspace, recording)))
  try {
    const flatOf = flatIndexOf(reader.space)
    if (choice.kind === 'list') return [...new Set(choice.neurons)].filter((neuron) => flatOf(neuron) !== null)
    const known = new Uint8Array(reader.manifest.neurons)
    for (const explanation of workspace.store.all('explanation').values()) {
      const path = workspace.file(...explanation.file.split('/'))
      if (explanation.recording !== recording || !isLlmExplainer(explanation.explainer) || !existsSync(path)) continue
      const { rows, failed } = await readConceptFile(path, flatOf)
      for (const [place, row] of rows.entries()) if (failed[place] === 0) known[row] = 1
    }
    for (const neuron of workspace.store.all('concept-edit').keys()) {
      const flat = flatOf(neuron)
      if (flat !== null) known[flat] = 1
    }
    if (choice.kind !== 'ranking') {
      return unexplainedNeurons(reader, choice.sites, known, choice.kind === 'all' ? null : choice.count)
    }
    const ranking = workspace.store.get('ranking', choice.ranking)
    if (ranking === null) {
      throw new SnipError('not-found', 'There is no such ranking any more', { remedy: 'Choose another ranking.' })
    }
    const { neurons } = parseRanking(readTextFile(workspace.file(...ranking.file.split('/'))), ranking.name)
    const left = neurons.flatMap(({ neuron }) => {
      const flat = flatOf(neuron)
      return flat === null || known[flat] === 1 ? [] : [neuron]
    })
    return left.slice(0, choice.count)
  } finally {
    close()
  }
}
