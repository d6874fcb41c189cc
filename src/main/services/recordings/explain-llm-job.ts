import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import { z } from 'zod'
import { conceptSchema } from '../../../contract/files.ts'
import { SnipError } from '../../../contract/failure.ts'
import { neuronIdSchema, type NeuronId } from '../../../contract/neuron.ts'
import { budgetSchema, explainRequestSchema } from '../../../contract/workbench/explaining.ts'
import { idSchema } from '../../../contract/workbench/call.ts'
import { llmExplainers } from '../../../core/concepts/explainers/llm-explainers.ts'
import { calibrations } from '../../../core/concepts/scorers/calibration.ts'
import { llmScorers } from '../../../core/concepts/scorers/llm-scorers.ts'
import { flatIndexOf, neuronIdsOf } from '../../../core/ranking/neuron-space.ts'
import { parseRanking } from '../../../core/ranking/ranking-file.ts'
import type { RecordingReader } from '../../../core/recording/recording-reader.ts'
import { makeFolder } from '../../files/make-folder.ts'
import { openRecording } from '../../files/open-recording.ts'
import { writeAside, writeJsonAside } from '../../files/write-aside.ts'
import { withoutFailed, type ChosenNeurons } from '../concepts/choose-neurons.ts'
import { explainWithLanguageModel } from '../concepts/explain-llm.ts'
import { countIn, type FailedAnswers } from '../concepts/failed-answers.ts'
import { controlWords } from '../concepts/llm-progress.ts'
import { estimateExplaining, type ExplainEstimate } from '../concepts/llm-estimate.ts'
import { checkAbilities, findWays, isLlmExplainer } from '../concepts/llm-ways.ts'
import { copySimulations } from '../concepts/simulation-file.ts'
import { embedderIds } from '../embedders/embed-texts.ts'
import { jsonLines, readJsonLines, readTextFile } from '../files-of-lines.ts'
import { inPlainWords } from '../flag-words.ts'
import type { JobTask } from '../jobs/job-runner.ts'
import { chatModelIdOf } from '../language-models/index.ts'
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
  const { document, neurons, leftOut, failedAnswers } = await prepare(session, workspace, asked)
  const model = await modelOfRecordingInUse(session, document, signal)
  const recording = folderOfRecording(workspace, document)
  const estimate = await estimateExplaining(
    session.workbench.models,
    session.languageModels,
    { ...asked, recording, neurons: { neurons }, failedAnswers, tokenizer: null, model },
    quietTask(signal),
  )
  return { ...estimate, leftOut }
}

/** Starts explaining neurons of the recording in use. Throws `bad-argument` when none of the choice is left. */
export async function startExplainJob(session: WorkbenchSession, asked: Omit<JobParams, 'recording'>): Promise<string> {
  const workspace = session.workspace()
  const { recording, neurons } = await prepare(session, workspace, asked)
  const provider = session.languageModels.provider(asked.provider)
  checkAbilities(findWays(asked), provider)
  const count = `${neurons.length} ${neurons.length === 1 ? 'neuron' : 'neurons'}`
  const title = `Explain ${count} with ${provider.chatModel} (${asked.explainer})`
  return session.jobs.start('explain-llm', title, { ...asked, recording })
}

async function prepare(session: WorkbenchSession, workspace: OpenWorkspace, asked: Asked) {
  const recording = evidenceInUse(workspace)
  if (recording === null) {
    throw new SnipError('not-found', 'Nothing was recorded yet that could be explained', { remedy: 'Record first.' })
  }
  findWays(asked)
  const choice = await chosen(session, workspace, recording, asked)
  if (choice.neurons.length === 0 && choice.leftOut > 0) {
    throw new SnipError(
      'bad-argument',
      'Every one of these neurons is named by a language model or a person already, but for ' +
        `${choice.leftOut} whose answer was no concept`,
      { remedy: 'Have these asked anew, or choose others.' },
    )
  }
  if (choice.neurons.length === 0) {
    throw new SnipError('bad-argument', 'Every one of these neurons is named by a language model or a person already', {
      remedy: 'Choose others, or more of them.',
    })
  }
  return { recording, document: recordingOf(workspace, recording), ...choice }
}

/** Explains into concepts/<job>.jsonl. Which neurons is settled at the first start: a resumed job goes on with the same. */
async function runExplain(session: WorkbenchSession, params: JobParams, task: JobTask, folder: string) {
  const workspace = session.workspace()
  const { recording, explainer } = params
  const document = recordingOf(workspace, recording)
  makeFolder(folder)
  const list = join(folder, 'neurons.txt')
  const answers = join(folder, 'failed-answers.json')
  if (!existsSync(list)) {
    const { neurons, failedAnswers } = await chosen(session, workspace, recording, params)
    const before = neurons.flatMap((neuron) => {
      const failed = failedAnswers.get(neuron)
      return failed === undefined ? [] : [[neuron, failed] as const]
    })
    if (before.length > 0) writeJsonAside(answers, before)
    // Last: its being there says that the choice is made.
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
        failedAnswers: existsSync(answers) ? readFailedAnswers(answers) : new Map(),
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

const failedAnswersSchema = z.array(z.tuple([neuronIdSchema, z.number().int().positive()]))

/** What was recorded when a job began: later failures, its own among them, must not change what it asks. Throws `bad-file`. */
function readFailedAnswers(path: string): FailedAnswers {
  try {
    return new Map(failedAnswersSchema.parse(JSON.parse(readTextFile(path))))
  } catch (error) {
    if (error instanceof SnipError) throw error
    throw new SnipError('bad-file', `${basename(path)} of the job is no list of neurons and numbers`, {
      remedy: 'Explain these neurons with a new job.',
      cause: error,
    })
  }
}

interface ChosenOfWorkspace extends ChosenNeurons {
  /** Of all neurons that this explainer and model were asked about. */
  readonly failedAnswers: FailedAnswers
}

/**
 * The neurons of a choice, in its order. Those that a language model or a person has named are left out, and so are those whose answer was
 * no concept where they are not asked anew; but not of a list.
 */
async function chosen(
  session: WorkbenchSession,
  workspace: OpenWorkspace,
  recording: string,
  { neurons: choice, provider, explainer, askAnew }: Pick<Asked, 'neurons' | 'provider' | 'explainer' | 'askAnew'>,
): Promise<ChosenOfWorkspace> {
  const { reader, close } = openRecording(folderOfRecording(workspace, recordingOf(workspace, recording)))
  try {
    const flatOf = flatIndexOf(reader.space)
    const author = chatModelIdOf(session.languageModels.provider(provider))
    const { known, failedAnswers } = await askedBefore(workspace, recording, reader, explainer, author)
    if (choice.kind === 'list') {
      const neurons = [...new Set(choice.neurons)].filter((neuron) => flatOf(neuron) !== null)
      return { neurons, leftOut: 0, failedAnswers }
    }
    const passedOver: FailedAnswers = askAnew ? new Map() : failedAnswers
    const most = choice.kind === 'all' ? null : choice.count
    const order =
      choice.kind === 'ranking'
        ? rankedNeurons(workspace, choice.ranking).filter((neuron) => known[flatOf(neuron) ?? -1] === 0)
        : unexplainedNeurons(reader, choice.sites, known, most === null ? null : most + passedOver.size)
    return { ...withoutFailed(order, passedOver, most), failedAnswers }
  } finally {
    close()
  }
}

/** By flat number 1 for the neurons that a language model or a person has named, and what this explainer and author failed to name. */
async function askedBefore(
  workspace: OpenWorkspace,
  recording: string,
  reader: RecordingReader,
  explainer: string,
  author: string,
) {
  const flatOf = flatIndexOf(reader.space)
  const idOf = neuronIdsOf(reader.space)
  const known = new Uint8Array(reader.manifest.neurons)
  const failedAnswers = new Map<NeuronId, number>()
  for (const explanation of workspace.store.all('explanation').values()) {
    const path = workspace.file(...explanation.file.split('/'))
    if (explanation.recording !== recording || !isLlmExplainer(explanation.explainer) || !existsSync(path)) continue
    const file = await readConceptFile(path, flatOf)
    for (const [place, row] of file.rows.entries()) if (file.failed[place] === 0) known[row] = 1
    if (explanation.explainer !== explainer) continue
    for (const [place, failed] of file.failedAnswers) {
      if (file.authors[place] === author)
        countIn(failedAnswers, { neuron: idOf(file.rows[place]!), failedAnswers: failed })
    }
  }
  for (const neuron of workspace.store.all('concept-edit').keys()) {
    const flat = flatOf(neuron)
    if (flat !== null) known[flat] = 1
  }
  return { known, failedAnswers }
}

/** Throws `not-found` for a ranking that is gone. */
function rankedNeurons(workspace: OpenWorkspace, id: string): NeuronId[] {
  const ranking = workspace.store.get('ranking', id)
  if (ranking === null) {
    throw new SnipError('not-found', 'There is no such ranking any more', { remedy: 'Choose another ranking.' })
  }
  const { neurons } = parseRanking(readTextFile(workspace.file(...ranking.file.split('/'))), ranking.name)
  return neurons.map(({ neuron }) => neuron)
}
