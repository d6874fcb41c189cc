import { SnipError } from '../../../contract/failure.ts'
import type { ForgetConcept } from '../../../contract/files.ts'
import type { ForgetConceptItem } from '../../../contract/workbench/forget-concepts.ts'
import type { OpenWorkspace } from '../session/session.ts'
import type { Documents } from '../workspace/documents.ts'
import type { Change } from '../workspace/document-store.ts'

type Document = Documents['forget-concept']

/** The lists of concepts: what shall be forgotten, and what must stay. */
export type ListKind = 'forget-concept' | 'protected-concept'

const nameOf: Readonly<Record<ListKind, string>> = {
  'forget-concept': 'forget concept',
  'protected-concept': 'protected concept',
}

/** Source of what a person wrote. */
const person = 'person'

export function listForgetConcepts({ store }: OpenWorkspace, kind: ListKind = 'forget-concept'): ForgetConceptItem[] {
  return [...store.all(kind)].map(([id, document]) => ({ id, ...document }))
}

/** Adds a person's forget concept. Throws `exists` when the text is there already. */
export async function addForgetConcept(
  { store }: OpenWorkspace,
  text: string,
  weight: number,
  kind: ListKind = 'forget-concept',
): Promise<ForgetConceptItem> {
  refuseDuplicate(store, kind, text, [])
  const id = store.newId()
  const after: Document = { text, weight, enabled: true, source: person }
  await store.edit(`Added the ${nameOf[kind]} ${quoted(text)}`, [{ kind, key: id, after }])
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
  kind: ListKind = 'forget-concept',
): Promise<ForgetConceptItem> {
  const before = find(store, kind, id)
  const text = changes.text ?? before.text
  if (text !== before.text) refuseDuplicate(store, kind, text, [id])
  const after: Document = {
    text,
    weight: changes.weight ?? before.weight,
    enabled: changes.enabled ?? before.enabled,
    source: text === before.text ? before.source : person,
  }
  await store.edit(labelOf(before, after, kind), [{ kind, key: id, after }])
  return { id, ...after }
}

function labelOf(before: Document, after: Document, kind: ListKind): string {
  const name = quoted(before.text)
  if (after.text !== before.text) return `Changed the ${nameOf[kind]} ${name}`
  if (after.weight !== before.weight) return `Set the weight of ${name} to ${Number(after.weight.toPrecision(3))}`
  return `${after.enabled ? 'Enabled' : 'Disabled'} the ${nameOf[kind]} ${name}`
}

/** Several become one, in the first one's place, with the sum of their weights. */
export async function mergeForgetConcepts(
  { store }: OpenWorkspace,
  ids: readonly string[],
  text: string,
  kind: ListKind = 'forget-concept',
): Promise<ForgetConceptItem> {
  const distinct = [...new Set(ids)]
  const [first, ...others] = distinct
  if (first === undefined || others.length === 0) {
    throw new SnipError('bad-argument', `It takes two ${nameOf[kind]}s to merge`, { remedy: 'Select at least two.' })
  }
  const merged = distinct.map((id) => find(store, kind, id))
  refuseDuplicate(store, kind, text, distinct)
  const after: Document = {
    text,
    weight: merged.reduce((sum, { weight }) => sum + weight, 0),
    enabled: merged.some(({ enabled }) => enabled),
    source: person,
  }
  await store.edit(`Merged ${distinct.length} ${nameOf[kind]}s into ${quoted(text)}`, [
    { kind, key: first, after },
    ...others.map((key): Change => ({ kind, key, after: null })),
  ])
  return { id: first, ...after }
}

export async function removeForgetConcepts(
  { store }: OpenWorkspace,
  ids: readonly string[],
  kind: ListKind = 'forget-concept',
): Promise<void> {
  const distinct = [...new Set(ids)]
  const texts = distinct.map((id) => find(store, kind, id).text)
  const what = texts.length === 1 ? `the ${nameOf[kind]} ${quoted(texts[0] ?? '')}` : `${texts.length} ${nameOf[kind]}s`
  await store.edit(
    `Removed ${what}`,
    distinct.map((key): Change => ({ kind, key, after: null })),
  )
}

type Store = OpenWorkspace['store']

function find(store: Store, kind: ListKind, id: string): Document {
  const document = store.get(kind, id)
  if (document !== null) return document
  throw new SnipError('not-found', `There is no such ${nameOf[kind]} any more`, {
    remedy: 'It was removed: undo brings it back.',
  })
}

function refuseDuplicate(store: Store, kind: ListKind, text: string, except: readonly string[]): void {
  for (const [id, other] of store.all(kind)) {
    if (except.includes(id) || other.text !== text) continue
    throw new SnipError('exists', `There is a ${nameOf[kind]} ${quoted(text)} already`, {
      remedy: other.enabled ? 'Change its weight instead.' : 'Enable that one instead.',
    })
  }
}

/** Adds the concepts whose texts are new, as one edit; what a person changed or disabled stays. Answers how many were there. */
export async function addNewConcepts(
  { store }: OpenWorkspace,
  concepts: readonly ForgetConcept[],
  kind: ListKind,
): Promise<{ added: number; known: number }> {
  const known = new Set([...store.all(kind).values()].map(({ text }) => text))
  const added = concepts.filter(({ text }) => !known.has(text))
  if (added.length > 0) {
    await store.edit(
      `Extracted ${added.length} ${nameOf[kind]}s`,
      added.map(({ text, weight, extractor }): Change => ({
        kind,
        key: store.newId(),
        after: { text, weight, enabled: true, source: extractor },
      })),
    )
  }
  return { added: added.length, known: concepts.length - added.length }
}

const longestQuote = 60

function quoted(text: string): string {
  return `"${text.length > longestQuote ? `${Array.from(text).slice(0, longestQuote).join('')}…` : text}"`
}
