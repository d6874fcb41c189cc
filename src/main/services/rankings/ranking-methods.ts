import { z } from 'zod'
import type { RankingMethodInfo } from '../../../contract/workbench/rankings.ts'
import type { RankingNeed } from '../../../core/ranking/method.ts'
import { rankingMethods } from '../../../core/ranking/registry.ts'
import type { OpenWorkspace } from '../session/session.ts'
import { evidenceInUse, forgetConceptsInUse, hasConcepts } from './ranking-inputs.ts'

/** Every ranking method with its parameters as JSON Schema, and what the workspace lacks for it. */
export function describeMethods(workspace: OpenWorkspace): RankingMethodInfo[] {
  return rankingMethods.map(({ id, name, citation, params, presets, needs }) => ({
    id,
    name,
    citation,
    presets: Object.entries(presets).map(([preset, values]) => ({ id: preset, params: { ...values } })),
    params: z.toJSONSchema(params, { io: 'input' }) as Record<string, unknown>,
    needs: needs.map((need) => ({ what: whatOf[need], missing: missingFor(need, workspace) })),
  }))
}

const whatOf: Readonly<Record<RankingNeed, string>> = {
  concepts: 'Concepts of neurons',
  forgetConcepts: 'Forget concepts',
  embeddings: 'A recording that words are weighted by',
  forgetStatistics: 'A recording of the forget data',
  retainStatistics: 'A recording of the retain data',
  conceptRatings: 'Ratings of the concepts by a language model',
}

/** One sentence with what to do; null when it is there. */
export function missingFor(need: RankingNeed, workspace: OpenWorkspace): string | null {
  switch (need) {
    case 'concepts':
      return hasConcepts(workspace)
        ? null
        : 'No neuron has a concept yet: record the probing data and explain its neurons.'
    case 'forgetConcepts':
      return forgetConceptsInUse(workspace).length > 0
        ? null
        : 'No forget concept is enabled: extract them from the forget data, or write one.'
    case 'embeddings':
      return evidenceInUse(workspace) === null ? 'No recording is in use: record the probing data.' : null
    case 'forgetStatistics':
      return hasRecordingFor('forget', workspace) ? null : 'The forget data is not recorded yet: record it.'
    case 'retainStatistics':
      return hasRecordingFor('retain', workspace) ? null : 'The retain data is not recorded yet: record it.'
    case 'conceptRatings':
      return workspace.store.all('rating-set').size > 0
        ? null
        : 'No concept is rated yet: have a language model rate them for the forget data.'
  }
}

/** Any recording beside that of the other side can serve; one of data with the role is what is looked for first. */
function hasRecordingFor(role: 'forget' | 'retain', { store }: OpenWorkspace): boolean {
  for (const { dataset } of store.all('recording').values()) {
    if (dataset !== null && store.get('dataset', dataset)?.roles.includes(role)) return true
  }
  return store.all('recording').size >= 2
}
