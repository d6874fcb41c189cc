import type { QueryClient, QueryKey } from '@tanstack/react-query'
import type { Topic, WorkbenchEvent } from '../../contract/workbench/events.ts'
import type { Job } from '../../contract/workbench/jobs.ts'

/** Beginnings of the paths of the queries that show a topic. */
const pathsOf: Readonly<Record<Topic, readonly (readonly string[])[]>> = {
  workspace: [['workspace']],
  settings: [['app'], ['providers', 'list'], ['embedders', 'lastSentenceModel']],
  model: [['model'], ['app', 'engine'], ['exports', 'estimate']],
  datasets: [['datasets'], ['rankings', 'methods']],
  recordings: [['recordings'], ['neurons'], ['rankings', 'methods']],
  neurons: [['neurons']],
  concepts: [['neurons'], ['review'], ['embedders', 'estimate']],
  reviews: [['review'], ['neurons', 'history']],
  pins: [
    ['neurons', 'table'],
    ['neurons', 'page'],
    ['neurons', 'history'],
    ['rankings', 'order'],
    ['compare', 'describe'],
    ['compare', 'logprobs'],
    ['exports', 'estimate'],
  ],
  'forget-concepts': [['forgetConcepts'], ['protectedConcepts'], ['rankings', 'methods'], ['embedders', 'estimate']],
  rankings: [['rankings'], ['compare', 'describe'], ['exports', 'estimate'], ['embedders', 'estimate']],
  plans: [['plans'], ['compare', 'describe'], ['exports', 'estimate']],
  runs: [['runs']],
  sweeps: [['sweeps']],
  prompts: [['compare', 'prompts']],
  exports: [['exports']],
  jobs: [['jobs']],
  providers: [['providers'], ['embedders', 'estimate']],
  ledger: [['ledger']],
  answers: [['answers']],
}

/** Topics of no workspace. */
const ofTheApp: ReadonlySet<Topic> = new Set(['settings', 'providers', 'ledger', 'answers'])

/** Prefixes of the query keys that show one of the topics. The steps and the line of what is next hang on nearly all. */
export function queryKeysOf(topics: readonly Topic[]): QueryKey[] {
  const paths = new Map<string, readonly string[]>()
  for (const topic of topics) {
    for (const path of pathsOf[topic]) paths.set(path.join('.'), path)
    if (!ofTheApp.has(topic)) paths.set('workspace.current', ['workspace', 'current'])
  }
  return [...paths.values()].map((path) => [path])
}

/** Brings what is shown up to date with an event. `first` for the first `hello` of this page. */
export async function applyEvent(queries: QueryClient, event: WorkbenchEvent, first: boolean): Promise<void> {
  switch (event.kind) {
    case 'hello':
      // Queries that are under way were sent after the listening began: only older answers can be out of date.
      await queries.invalidateQueries(first ? { predicate: ({ state }) => state.data !== undefined } : {}, {
        cancelRefetch: !first,
      })
      return
    case 'changed':
      await Promise.all(queryKeysOf(event.topics).map((queryKey) => queries.invalidateQueries({ queryKey })))
      return
    case 'job':
      queries.setQueriesData<Job[]>({ queryKey: [['jobs', 'list']] }, (jobs) => jobs && withJob(jobs, event.job))
      return
    case 'engine':
      await queries.invalidateQueries({ queryKey: [['app', 'engine']] })
      return
    case 'status':
      return
  }
}

function withJob(jobs: readonly Job[], job: Job): Job[] {
  const known = jobs.some(({ id }) => id === job.id)
  return known ? jobs.map((other) => (other.id === job.id ? job : other)) : [job, ...jobs]
}
