import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { conceptSchema, forgetConceptSchema, type Concept, type ForgetConcept } from '../../../contract/files.ts'
import { parseNeuron, type Site } from '../../../contract/neuron.ts'
import { readRecordingManifest } from '../../files/open-recording.ts'
import { jsonLines, readJsonLines } from '../files-of-lines.ts'
import { sha256 } from '../jobs/canonical-json.ts'
import { hashOfConcepts } from '../rankings/concepts-hash.ts'
import { conceptsInUse, evidenceInUse, forgetConceptsInUse, hashOfForgetConcepts } from '../rankings/ranking-inputs.ts'
import type { OpenWorkspace } from '../session/session.ts'

/** The concepts that a ranking was made from: as an explainer writes them, or a list of their own. */
export type ConceptSource =
  | { readonly kind: 'explainer'; readonly explainer: string; readonly sites: readonly Site[] }
  | { readonly kind: 'list'; readonly hash: string; readonly concepts: readonly Concept[] }

/** The concepts behind a ranking; null when they are known no more. */
export function conceptsBehind(workspace: OpenWorkspace, ranking: string, seed: number): ConceptSource | null {
  const document = workspace.store.get('ranking', ranking)
  const kept = workspace.file('jobs', ranking, 'work', 'concepts.jsonl')
  const isCurrent = document !== null && document.inputs.concepts === hashOfConcepts(workspace)
  if (!existsSync(kept) && !isCurrent) return null
  const concepts = existsSync(kept) ? readJsonLines(kept, conceptSchema, 'concepts') : conceptsInUse(workspace)
  const hash = sha256(...jsonLines(concepts))
  return explainedAlike(workspace, hash, seed) ?? { kind: 'list', hash, concepts }
}

/** The one explanation in use, when it alone gives these very concepts and was made of all neurons of its sites. */
function explainedAlike(workspace: OpenWorkspace, hash: string, seed: number): ConceptSource | null {
  const { store } = workspace
  const evidence = evidenceInUse(workspace)
  const own = [...store.all('explanation')].filter(([, { recording }]) => recording === evidence)
  const [only] = own
  if (only === undefined || own.length > 1 || evidence === null) return null
  const [id, { file, explainer }] = only
  const path = workspace.file(...file.split('/'))
  if (!existsSync(path) || seedOfJob(workspace, id, seed) !== seed) return null
  const concepts = readJsonLines(path, conceptSchema, 'concepts')
  if (sha256(...jsonLines(concepts)) !== hash) return null
  const counts: Record<Site, number> = { mlp: 0, attention: 0 }
  for (const { neuron } of concepts) counts[parseNeuron(neuron)!.site]++
  const sites = (['mlp', 'attention'] as const).filter((site) => counts[site] > 0)
  const { layerWidths } = readRecordingManifest(workspace.file(...store.get('recording', evidence)!.folder.split('/')))
  const isWhole = sites.every((site) => counts[site] === layerWidths[site].reduce((sum, width) => sum + width, 0))
  return isWhole && sites.length > 0 ? { kind: 'explainer', explainer, sites } : null
}

/** The forget concepts behind a ranking; null when they are known no more. */
export function forgetConceptsBehind(workspace: OpenWorkspace, ranking: string): readonly ForgetConcept[] | null {
  const kept = workspace.file('jobs', ranking, 'work', 'forget.jsonl')
  if (existsSync(kept)) return readJsonLines(kept, forgetConceptSchema, 'forget concepts')
  const wanted = workspace.store.get('ranking', ranking)?.inputs.forgetConcepts ?? null
  const current = forgetConceptsInUse(workspace)
  if (wanted !== null && hashOfForgetConcepts(current) === wanted) return current
  const folder = workspace.file('concepts')
  for (const name of existsSync(folder) ? readdirSync(folder).toSorted() : []) {
    if (!name.endsWith('.forget.jsonl')) continue
    const concepts = readJsonLines(join(folder, name), forgetConceptSchema, 'forget concepts')
    if (hashOfForgetConcepts(concepts) === wanted) return concepts
  }
  return null
}

const requestSchema = z.object({ params: z.object({ seed: z.number() }) })

/** The seed that a job was started with; `otherwise` when no job of the workbench made it. */
function seedOfJob(workspace: OpenWorkspace, id: string, otherwise: number): number {
  const path = workspace.file('jobs', id, 'request.json')
  return existsSync(path) ? (readJson(path, requestSchema)?.params.seed ?? Number.NaN) : otherwise
}

/** A JSON file under a schema; null when it is not there or does not fit. */
export function readJson<S extends z.ZodType>(path: string, schema: S): z.output<S> | null {
  try {
    return schema.safeParse(JSON.parse(readFileSync(path, 'utf8'))).data ?? null
  } catch {
    return null
  }
}
