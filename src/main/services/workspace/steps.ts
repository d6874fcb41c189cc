import type { Job, JobKind } from '../../../contract/workbench/jobs.ts'
import type { Step, WorkspaceState } from '../../../contract/workbench/workspace.ts'
import type { Documents } from './documents.ts'
import type { DocumentStore } from './document-store.ts'

/** What the steps are derived from. */
export interface StepFacts {
  readonly store: Pick<DocumentStore, 'all' | 'get'>
  readonly jobs: readonly Pick<Job, 'kind' | 'state' | 'title'>[]
  /** Why a ranking is out of date, in one sentence; null when it is not. */
  readonly staleRanking: (id: string) => string | null
}

/** The steps of the job as the rail shows them, and the one line of what to do next. */
export function deriveSteps(facts: StepFacts): Pick<WorkspaceState, 'steps' | 'next'> {
  const steps = [modelStep, dataStep, neuronsStep, forgetStep, pruneStep, compareStep, exportStep].map((derive) =>
    derive(facts),
  )
  return { steps, next: nextLine(steps) }
}

const actions = {
  'open-model': 'Open a model',
  'import-data': 'Import data',
  record: 'Record',
  explain: 'Explain neurons',
  extract: 'Extract forget concepts',
  rank: 'Rank',
  measure: 'Measure',
  export: 'Export',
} as const

type Command = keyof typeof actions

function step(id: Step['id'], state: Step['state'], reason: string, command: Command | null = null): Step {
  return { id, state, reason, action: command === null ? null : { label: actions[command], command } }
}

/** The step's running job, as a step; null when there is none. */
function running(id: Step['id'], { jobs }: StepFacts, ...kinds: readonly JobKind[]): Step | null {
  const job = jobs.find(({ kind, state }) => kinds.includes(kind) && (state === 'running' || state === 'queued'))
  return job ? step(id, 'running', job.title) : null
}

function modelStep(facts: StepFacts): Step {
  const model = facts.store.get('model', 'model')
  if (model === null) return step('model', 'empty', 'No model is open yet', 'open-model')
  return running('model', facts, 'hash') ?? step('model', 'done', model.name)
}

function dataStep({ store }: StepFacts): Step {
  const datasets = [...store.all('dataset').values()]
  if (datasets.length === 0) {
    return step('data', 'empty', 'No data yet: import what to forget and what to keep', 'import-data')
  }
  const has = (...roles: readonly Documents['dataset']['roles'][number][]) =>
    datasets.some((dataset) => roles.some((role) => dataset.roles.includes(role)))
  if (!has('forget')) return step('data', 'ready', 'No data set says what to forget', 'import-data')
  if (!has('retain')) return step('data', 'ready', 'No data set says what to keep', 'import-data')
  if (!has('evaluate-forget', 'evaluate-retain')) {
    return step('data', 'ready', 'No data set is set aside for evaluation', 'import-data')
  }
  return step('data', 'done', count(datasets.length, 'data set'))
}

function neuronsStep(facts: StepFacts): Step {
  const { store } = facts
  const busy = running('neurons', facts, 'record', 'explain')
  if (busy) return busy
  if (store.get('model', 'model') === null) return step('neurons', 'empty', 'A model is needed first')
  const recording = evidenceOf(store)
  if (recording === null) {
    if (store.all('dataset').size === 0) return step('neurons', 'empty', 'Data to record over is needed first')
    return step('neurons', 'ready', 'Nothing is recorded yet', 'record')
  }
  const modelHash = store.get('model', 'model')?.modelHash ?? null
  if (modelHash !== null && modelHash !== recording.modelHash) {
    return step('neurons', 'stale', 'The model changed after the recording', 'record')
  }
  if (recording.dataset !== null) {
    const dataset = store.get('dataset', recording.dataset)
    if (dataset !== null && dataset.dataHash !== recording.dataHash) {
      return step('neurons', 'stale', `The data "${dataset.name}" changed after the recording`, 'record')
    }
  }
  if (!hasConcepts(store)) return step('neurons', 'ready', 'Recorded, but no neuron has a concept yet', 'explain')
  return step('neurons', 'done', `${recording.neurons.toLocaleString('en')} neurons recorded`)
}

function forgetStep(facts: StepFacts): Step {
  const { store } = facts
  const busy = running('forget', facts, 'extract')
  if (busy) return busy
  const concepts = [...store.all('forget-concept').values()]
  const enabled = concepts.filter((concept) => concept.enabled)
  if (enabled.length > 0) return step('forget', 'done', count(enabled.length, 'forget concept'))
  if (concepts.length > 0) return step('forget', 'ready', 'Every forget concept is switched off')
  const hasForget = [...store.all('dataset').values()].some(({ roles }) => roles.includes('forget'))
  if (!hasForget) return step('forget', 'empty', 'Data to forget is needed first')
  return step('forget', 'ready', 'No forget concept yet', 'extract')
}

function pruneStep(facts: StepFacts): Step {
  const { store } = facts
  const busy = running('prune', facts, 'rank', 'sweep')
  if (busy) return busy
  if (store.get('model', 'model') === null) return step('prune', 'empty', 'A model is needed first')
  if (store.all('ranking').size === 0) {
    if (evidenceOf(store) === null) return step('prune', 'empty', 'A recording is needed first')
    return step('prune', 'ready', 'No ranking yet', 'rank')
  }
  const cut = cutOf(store)
  if (cut === null) return step('prune', 'ready', 'Choose how many neurons go')
  const stale = facts.staleRanking(cut.ranking)
  if (stale !== null) return step('prune', 'stale', stale, 'rank')
  return step('prune', 'done', `${count(cut.k, 'neuron')} of "${store.get('ranking', cut.ranking)!.name}" go`)
}

function compareStep(facts: StepFacts): Step {
  const { store } = facts
  const busy = running('compare', facts, 'measure')
  if (busy) return busy
  const cut = cutOf(store)
  if (cut === null) return step('compare', 'empty', 'A cut is needed first')
  const evaluates = [...store.all('dataset').values()].some(({ roles }) => roles.some((role) => role.startsWith('ev')))
  const runs = [...store.all('run').values()]
  const own = runs.find(({ ranking, k }) => ranking === cut.ranking && k === cut.k)
  if (own === undefined) {
    if (!evaluates) return step('compare', 'ready', 'No data set is set aside for evaluation', 'import-data')
    const reason = runs.length === 0 ? 'This cut is not measured yet' : 'The cut changed after it was measured'
    return step('compare', runs.length === 0 ? 'ready' : 'stale', reason, 'measure')
  }
  const modelHash = store.get('model', 'model')?.modelHash ?? null
  if (modelHash !== null && modelHash !== own.modelHash) {
    return step('compare', 'stale', 'The model changed after it was measured', 'measure')
  }
  const changed = own.measures.find(({ dataset, dataHash }) => {
    const now = store.get('dataset', dataset)
    return now !== null && now.dataHash !== dataHash
  })
  if (changed) {
    const { name } = store.get('dataset', changed.dataset)!
    return step('compare', 'stale', `The data "${name}" changed after it was measured`, 'measure')
  }
  if (facts.staleRanking(cut.ranking) !== null) return step('compare', 'stale', 'The ranking is out of date')
  return step('compare', 'done', 'This cut is measured')
}

function exportStep(facts: StepFacts): Step {
  const { store } = facts
  const busy = running('export', facts, 'export')
  if (busy) return busy
  const cut = cutOf(store)
  if (cut === null) return step('export', 'empty', 'A cut is needed first')
  const exports = [...store.all('export').values()]
  if (exports.length === 0) return step('export', 'ready', 'Nothing is exported yet', 'export')
  const run = [...store.all('run').values()].find(({ ranking, k }) => ranking === cut.ranking && k === cut.k)
  const last = exports.at(-1)!
  if (run !== undefined && exports.every(({ planHash }) => planHash !== run.planHash)) {
    return step('export', 'stale', `The cut changed after "${last.name}" was exported`, 'export')
  }
  return step('export', 'done', `"${last.name}" is exported and verified`)
}

/** What to do next, as a whole sentence. */
const advice: Readonly<Record<Command, string>> = {
  'open-model': 'Open a model.',
  'import-data': 'Import data: what to forget, and what to keep.',
  record: 'Record the neurons.',
  explain: 'Explain the neurons, so that each has a concept.',
  extract: 'Extract forget concepts from the data to forget.',
  rank: 'Rank the neurons.',
  measure: 'Move the slider in Rank and prune, then measure this cut in full.',
  export: 'Export the pruned model.',
}

/** What a step with something to do asks for: the reason too, where the work itself does not say why it is due. */
function sentenceOf({ state, reason, action }: Step): string {
  if (action === null) return 'Choose in Rank and prune how many neurons go.'
  if (action.command === 'import-data' && state !== 'empty') return `${reason}: import one, or give that role to one.`
  if (state !== 'stale') return advice[action.command]
  return `${reason}. ${again[action.command] ?? advice[action.command]}`
}

/** What is done anew when something changed. */
const again: Readonly<Partial<Record<Command, string>>> = {
  record: 'Record again.',
  rank: 'Rank again.',
  measure: 'Measure this cut in full.',
  export: 'Export the pruned model again.',
}

function nextLine(steps: readonly Step[]): string {
  const busy = steps.find(({ state }) => state === 'running')
  if (busy) return `${busy.reason} …`
  const open = steps.find(({ state, action }) => state !== 'done' && action !== null)
  const choosing = steps.find(({ state, action, id }) => id === 'prune' && state === 'ready' && action === null)
  const first = [open, choosing]
    .filter((candidate) => candidate !== undefined)
    .toSorted((a, b) => steps.indexOf(a) - steps.indexOf(b))[0]
  if (!first) return 'All is done and up to date.'
  return sentenceOf(first)
}

function evidenceOf(store: StepFacts['store']): Documents['recording'] | null {
  const evidence = store.get('evidence', 'evidence')
  return evidence === null ? null : store.get('recording', evidence.recording)
}

function hasConcepts(store: StepFacts['store']): boolean {
  const recording = store.get('evidence', 'evidence')?.recording
  if (store.all('concept-edit').size > 0) return true
  return [...store.all('explanation').values()].some((explanation) => explanation.recording === recording)
}

/** The cut in use, unless its ranking is gone. */
function cutOf(store: StepFacts['store']): Documents['cut'] | null {
  const cut = store.get('cut', 'cut')
  return cut !== null && store.get('ranking', cut.ranking) !== null ? cut : null
}

function count(number: number, noun: string): string {
  return `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`
}
