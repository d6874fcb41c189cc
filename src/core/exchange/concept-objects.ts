import { conceptSchema, type Concept } from '../../contract/files.ts'
import { oneLine } from '../../contract/workbench/call.ts'
import { isJsonObject } from '../data/formats/json-text.ts'
import { fromSpreadsheet } from './spreadsheet.ts'
import { conceptRow, scoreOf, type ConceptRow, type ReviewOfRow } from './concept-row.ts'

/** The concepts of a JSON object in one of the known forms, or why one is unusable; null when it is no such form. */
export function conceptsOfObject(
  value: Record<string, unknown>,
): { readonly format: string; readonly rows: readonly (ConceptRow | string)[] } | null {
  if (typeof value['neuron'] === 'string' && 'text' in value)
    return { format: 'concepts.jsonl', rows: [ownConcept(value)] }
  if (Array.isArray(value['scored_explanations']) && isJsonObject(value['neuron_id'])) {
    return { format: 'OpenAI', rows: [openAiConcept(value['neuron_id'], value['scored_explanations'] as unknown[])] }
  }
  if ('index' in value && 'layer' in value && ('description' in value || 'explanations' in value)) {
    return { format: 'Neuronpedia', rows: neuronpediaConcepts(value) }
  }
  return null
}

/** Columns that tell a table of concepts that we wrote from those of others. */
export const ownColumns = ['neuron', 'text', 'author', 'explainer', 'score', 'scoreKind', 'status'] as const

/** A row of a table that we wrote for spreadsheets: an empty cell is null, and the apostrophe before a formula goes. */
export function conceptOfCells(names: readonly string[], cells: readonly string[]): ConceptRow | string {
  const value: Record<string, unknown> = {}
  for (const [i, name] of names.entries()) {
    const cell = fromSpreadsheet(cells[i] ?? '')
    const score = name === 'score' ? scoreOf(cell) : undefined
    // A score that is no number stays as it is: the check below tells it.
    value[name] = score !== undefined ? score : cell === '' ? null : cell
  }
  return ownConcept(value)
}

function ownConcept(value: Record<string, unknown>): ConceptRow | string {
  // A table that was written out has every column, empty ones as null.
  const { reason = null, reviewer = null, reviewedAt = null, ...rest } = value
  const told = Object.fromEntries(Object.entries({ reason, reviewer, reviewedAt }).filter(([, cell]) => cell !== null))
  const parsed = conceptSchema.safeParse({ ...rest, ...told })
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    return `${issue?.path.join('.') || 'the line'}: ${issue?.message ?? 'is wrong'}`
  }
  const { neuron, text, score, scoreKind, author, status } = parsed.data
  if (status === 'failed' || text.trim() === '') return 'there is no explanation: it failed where it was made'
  const review = reviewOf(parsed.data)
  return {
    neuron,
    text,
    score,
    author,
    ...(score === null ? {} : { scoreKind }),
    ...(review === null ? {} : { review }),
  }
}

/** What a person said of a sentence; null where nobody says who. */
function reviewOf({ explainer, status, reviewer, reviewedAt }: Concept): ReviewOfRow | null {
  const name = oneLine(reviewer ?? '').trim()
  if (name === '' || status === 'suggested' || status === 'failed') return null
  const at = Date.parse(reviewedAt ?? '')
  const verdict = status === 'edited' ? null : status
  return { verdict, isOwn: explainer === null, reviewer: name, at: at >= 0 ? at : null }
}

/** The explanation with the best score, as OpenAI's viewer shows it. */
function openAiConcept(id: Record<string, unknown>, explanations: readonly unknown[]): ConceptRow | string {
  let best: { text: unknown; score: number | null } | null = null
  for (const item of explanations) {
    if (!isJsonObject(item)) continue
    const simulation = item['scored_simulation']
    const given = isJsonObject(simulation) ? simulation['ev_correlation_score'] : null
    const score = typeof given === 'number' && Number.isFinite(given) ? given : null
    if (best === null || (score ?? -Infinity) > (best.score ?? -Infinity)) best = { text: item['explanation'], score }
  }
  if (best === null) return 'there is no explanation'
  return conceptRow(id['layer_index'], id['neuron_index'], best.text, best.score, 'OpenAI')
}

/** `layer` is a number or a name such as "5-mlp" or "5-neurons"; names of other places, such as "5-res-jb", are no neurons of ours. */
function neuronpediaConcepts(value: Record<string, unknown>): (ConceptRow | string)[] {
  const layer = value['layer']
  const match = /^(\d+)(?:-(?:mlp|neurons|mlp-?neurons|oai-?neurons))?$/.exec(String(layer))
  if (match === null) return [`the layer ${JSON.stringify(layer) ?? ''} names no MLP neurons`]
  const list = Array.isArray(value['explanations']) ? (value['explanations'] as unknown[]).filter(isJsonObject) : []
  const conceptOf = (one: Record<string, unknown>): ConceptRow | string => {
    const model = one['explanationModelName']
    const scores = one['scores']
    const first = Array.isArray(scores) ? (scores as unknown[]).find(isJsonObject) : undefined
    const author = typeof model === 'string' && model !== '' ? model.slice(0, 100) : 'Neuronpedia'
    return conceptRow(match[1], value['index'], one['description'], first?.['value'] ?? null, author)
  }
  // A feature has a list of explanations, an explanation stands by itself.
  const isOne = list.length === 0 || (value['description'] !== undefined && value['description'] !== null)
  if (isOne) return [conceptOf({ ...list[0], ...value })]
  const { explanationModelName, scores } = value
  return list.map((one) => conceptOf({ explanationModelName, scores, ...one }))
}
