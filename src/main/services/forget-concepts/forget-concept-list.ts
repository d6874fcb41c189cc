import { SnipError } from '../../../contract/failure.ts'
import type { ForgetConceptItem } from '../../../contract/workbench/forget-concepts.ts'
import type { OpenWorkspace } from '../session/session.ts'
import type { Documents } from '../workspace/documents.ts'
import type { Change } from '../workspace/document-store.ts'

type Document = Documents['forget-concept']

/** Source of what a person wrote. */
const person = 'person'

export function listForgetConcepts({ store }: OpenWorkspace): ForgetConceptItem[] {
  return [...store.all('forget-concept')].map(([id, document]) => ({ id, ...document }))
}

/** Adds a person's forget concept. Throws `exists` when the text is there already. */
export async function addForgetConcept(
  { store }: OpenWorkspace,
  text: string,
  weight: number,
): Promise<ForgetConceptItem> {
  refuseDuplicate(store, text, [])
  const id = store.newId()
  const after: Document = { text, weight, enabled: true, source: person }
  await store.edit(`Added the forget concept ${quoted(text)}`, [{ kind: 'forget-concept', key: id, after }])
  return { id, ...after }
}

/** Changes text, weight or whether it counts. A changed text is a person's. */
export async function changeForgetConcept(
  { store }: OpenWorkspace,
  id: string,
  changes: {
    readonly text?: string | undefined
    readonly weight?: number | undefined
    readonly enabled?: boolean | undefined
  },
): Promise<ForgetConceptItem> {
  const before = find(store, id)
  const text = changes.text ?? before.text
  if (text !== before.text) refuseDuplicate(store, text, [id])
  const after: Document = {
    text,
    weight: changes.weight ?? before.weight,
    enabled: changes.enabled ?? before.enabled,
    source: text === before.text ? before.source : person,
  }
  await store.edit(labelOf(before, after), [{ kind: 'forget-concept', key: id, after }])
  return { id, ...after }
}

function labelOf(before: Document, after: Document): string {
  const name = quoted(before.text)
  if (after.text !== before.text) return `Changed the forget concept ${name}`
  if (after.weight !== before.weight) return `Set the weight of ${name} to ${Number(after.weight.toPrecision(3))}`
  return `${after.enabled ? 'Enabled' : 'Disabled'} the forget concept ${name}`
}

/** Several become one, in the first one's place, with the sum of their weights. */
export async function mergeForgetConcepts(
  { store }: OpenWorkspace,
  ids: readonly string[],
  text: string,
): Promise<ForgetConceptItem> {
  const distinct = [...new Set(ids)]
  const [first, ...others] = distinct
  if (first === undefined || others.length === 0) {
    throw new SnipError('bad-argument', 'It takes two forget concepts to merge', { remedy: 'Select at least two.' })
  }
  const merged = distinct.map((id) => find(store, id))
  refuseDuplicate(store, text, distinct)
  const after: Document = {
    text,
    weight: merged.reduce((sum, { weight }) => sum + weight, 0),
    enabled: merged.some(({ enabled }) => enabled),
    source: person,
  }
  await store.edit(`Merged ${distinct.length} forget concepts into ${quoted(text)}`, [
    { kind: 'forget-concept', key: first, after },
    ...others.map((key): Change => ({ kind: 'forget-concept', key, after: null })),
  ])
  return { id: first, ...after }
}

export async function removeForgetConcepts({ store }: OpenWorkspace, ids: readonly string[]): Promise<void> {
  const distinct = [...new Set(ids)]
  const texts = distinct.map((id) => find(store, id).text)
  const what = texts.length === 1 ? `the forget concept ${quoted(texts[0] ?? '')}` : `${texts.length} forget concepts`
  await store.edit(
    `Removed ${what}`,
    distinct.map((key): Change => ({ kind: 'forget-concept', key, after: null })),
  )
}

type Store = OpenWorkspace['store']

function find(store: Store, id: string): Document {
  const document = store.get('forget-concept', id)
  if (document !== null) return document
  throw new SnipError('not-found', 'There is no such forget concept any more', {
    remedy: 'It was removed: undo brings it back.',
  })
}

function refuseDuplicate(store: Store, text: string, except: readonly string[]): void {
  for (const [id, other] of store.all('forget-concept')) {
    if (except.includes(id) || other.text !== text) continue
    throw new SnipError('exists', `There is a forget concept ${quoted(text)} already`, {
      remedy: other.enabled ? 'Change its weight instead.' : 'Enable that one instead.',
    })
  }
}

const longestQuote = 60

function quoted(text: string): string {
  return `"${text.length > longestQuote ? `${Array.from(text).slice(0, longestQuote).join('')}…` : text}"`
}
