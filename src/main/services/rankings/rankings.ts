import { SnipError } from '../../../contract/failure.ts'
import type { RankingInfo, RankingOrder } from '../../../contract/workbench/rankings.ts'
import { tableRowsOf } from '../../../core/ranking/neuron-space.ts'
import { rankingMethodOf } from '../../../core/ranking/registry.ts'
import { resolveParams } from '../../../core/ranking/resolve-params.ts'
import { modelInUse } from '../plans/model-in-use.ts'
import type { OpenWorkspace, WorkbenchSession } from '../session/session.ts'
import type { Documents } from '../workspace/documents.ts'
import { hashOfConcepts } from './concepts-hash.ts'
import { evidenceInUse, forgetConceptsInUse, hashOfForgetConcepts, protectedConceptsInUse } from './ranking-inputs.ts'
import { missingFor } from './ranking-methods.ts'
import type { RankParams } from './rank-job.ts'
import { requestOfRanking } from './ranking-request.ts'
import { rankingInOrder } from './ranking-orders.ts'

/** Rankings in order of creation; those that are out of date say why. */
export function listRankings(workspace: OpenWorkspace): RankingInfo[] {
  const now = inputsNow(workspace)
  return [...workspace.store.all('ranking')].map(([id, document]) => {
    const { name, method, preset, params, seed, neuronCount, ranked, warnings } = document
    const stale = staleRanking(document, workspace, now)
    const embedder = document.inputs.embedder ?? null
    const sends = sendsOf(workspace, id, document)
    return { id, name, method, preset, params, seed, neuronCount, ranked, warnings, embedder, sends, stale }
  })
}

/** Only a provider's embedder sends anything. */
function sendsOf(workspace: OpenWorkspace, id: string, document: Documents['ranking']): RankingInfo['sends'] {
  if (document.inputs.embedder !== 'openai-compatible') return null
  const { provider, budget } = requestOfRanking(workspace, id, document)
  return provider === null ? null : { provider, budget }
}

interface InputsNow {
  readonly modelHash: string | null
  readonly forgetConcepts: string
  readonly protectedConcepts: string
  /** Asked for where a ranking was made from concepts. */
  readonly concepts: () => string
}

function inputsNow(workspace: OpenWorkspace): InputsNow {
  return {
    modelHash: workspace.store.get('model', 'model')?.modelHash ?? null,
    forgetConcepts: hashOfForgetConcepts(forgetConceptsInUse(workspace)),
    protectedConcepts: hashOfForgetConcepts(protectedConceptsInUse(workspace)),
    concepts: () => hashOfConcepts(workspace),
  }
}

/** Why a ranking is out of date; null when it is not, or when nobody can tell. */
export function staleRanking(
  { modelHash, inputs }: Documents['ranking'],
  workspace: OpenWorkspace,
  now: InputsNow = inputsNow(workspace),
): string | null {
  if (modelHash !== null && now.modelHash !== null && modelHash !== now.modelHash) {
    return 'The model changed after the ranking'
  }
  if (inputs.forgetConcepts !== null && inputs.forgetConcepts !== now.forgetConcepts) {
    return 'The forget concepts changed after the ranking'
  }
  if (inputs.protectedConcepts !== undefined && inputs.protectedConcepts !== now.protectedConcepts) {
    return 'The protected concepts changed after the ranking'
  }
  const recordings = workspace.store.all('recording')
  if (inputs.recording !== null && evidenceInUse(workspace) !== inputs.recording) {
    return recordings.has(inputs.recording)
      ? 'Another recording is in use than at the ranking'
      : 'The recording that it was made from was removed'
  }
  if (inputs.concepts !== null && inputs.concepts !== now.concepts()) return 'The concepts changed after the ranking'
  for (const [id, what] of [
    [inputs.forget, 'forget'],
    [inputs.retain, 'retain'],
  ] as const) {
    if (id !== null && !recordings.has(id)) return `The recording of the ${what} data was removed`
  }
  return null
}

/** The ranking that the cut counts in, or null before one was chosen. */
export function rankingInUse(session: WorkbenchSession): string | null {
  return session.workspace().store.get('cut', 'cut')?.ranking ?? null
}

/** Checks what can be checked before a job: method, parameters, inputs. Starts the job. */
export async function startRanking(session: WorkbenchSession, params: RankParams): Promise<string> {
  const workspace = session.workspace()
  modelInUse(workspace)
  const method = rankingMethodOf(params.method)
  resolveParams(method, params.preset, params.params)
  for (const need of method.needs) {
    if (need === 'forgetStatistics' || need === 'retainStatistics') {
      const side = need === 'forgetStatistics' ? 'forget' : 'retain'
      requireRecording(workspace, params[side], side)
      continue
    }
    const missing = missingFor(need, workspace)
    if (missing === null) continue
    const [what = missing, remedy = ''] = missing.split(': ')
    throw new SnipError('bad-argument', what, { remedy: `${remedy.charAt(0).toUpperCase()}${remedy.slice(1)}` })
  }
  if (method.id === 'keyword' && isEmpty(params.params['keywords'])) {
    throw new SnipError('bad-argument', 'The keyword ranking was given no keyword', {
      remedy: 'Give at least one, for instance verb.',
    })
  }
  const preset = params.preset === null ? '' : `, preset ${params.preset}`
  return session.jobs.start('rank', `Rank neurons by ${method.name}${preset}`, params)
}

function isEmpty(keywords: unknown): boolean {
  if (Array.isArray(keywords)) return keywords.length === 0
  return keywords === undefined || (typeof keywords === 'string' && keywords.trim() === '')
}

function requireRecording(workspace: OpenWorkspace, id: string | null, side: 'forget' | 'retain'): void {
  if (id !== null && workspace.store.get('recording', id) !== null) return
  throw new SnipError('bad-argument', `The method needs a recording of the ${side} data`, {
    remedy: id === null ? `Choose the recording of the ${side} data.` : 'The chosen one was removed: choose another.',
  })
}

/** The order in which neurons go, as rows of the neuron table. */
export async function orderOfRanking(session: WorkbenchSession, id: string): Promise<RankingOrder> {
  const { flats, scores, pinnedAlways, space, ranking } = await rankingInOrder(session, id)
  const workspace = session.workspace()
  const evidence = evidenceInUse(workspace)
  const sites = evidence === null ? space.sites : (workspace.store.get('recording', evidence)?.sites ?? space.sites)
  const rows = tableRowsOf(space, sites, flats)
  return {
    id,
    revision: session.events.revision,
    rows: new Blob([rows]),
    scores: new Blob([scores]),
    pinnedAlways,
    neuronCount: ranking.header.neuronCount,
  }
}

/** Takes a ranking off the workspace, and the cut that uses it. The file stays, so that undo brings both back. */
export async function removeRanking({ store }: OpenWorkspace, id: string): Promise<void> {
  const document = store.get('ranking', id)
  if (document === null) throw new SnipError('not-found', 'There is no such ranking any more')
  const isCut = store.get('cut', 'cut')?.ranking === id
  await store.edit(`Removed the ranking ${document.name}`, [
    { kind: 'ranking', key: id, after: null },
    ...(isCut ? [{ kind: 'cut', key: 'cut', after: null } as const] : []),
  ])
}
