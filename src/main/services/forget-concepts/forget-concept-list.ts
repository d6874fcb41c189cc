import { SnipError } from '../../../contract/failure.ts'
import type { ForgetConcept } from '../../../contract/files.ts'
import type { ForgetConceptItem } from '../../../contract/workbench/forget-concepts.ts'
import { reviewerOf } from '../neurons/concept-edits.ts'
import type { OpenWorkspace, WorkbenchSession } from '../session/session.ts'
import type { Documents } from '../workspace/documents.ts'
import type { Change } from '../workspace/document-store.ts'

type Document = Documents['forget-concept']

/** The lists of concepts: what shall be forgotten, and what must stay. */
export type ListKind = 'forget-concept' | 'protected-concept'

export const nameOfList: Readonly<Record<ListKind, string>> = {
  'forget-concept': 'forget concept',
  'protected-concept': 'protected concept',
}

/** Source of what a person wrote. */
const person = 'person'

/** The open workspace, and who edits it. */
type Editing = Pick<WorkbenchSession, 'workspace' | 'settings'>

/** A person's sentence says whose it is, where the person gave a name. */
function byPerson({ settings }: Editing): Pick<Document, 'source' | 'author'> {
  const { reviewer } = settings.current
  return { source: person, ...(reviewer === undefined ? {} : { author: reviewer }) }
}

export function listForgetConcepts({ store }: OpenWorkspace, kind: ListKind = 'forget-concept'): ForgetConceptItem[] {
  return [...store.all(kind)].map(([id, document]) => ({ id, ...document }))
}

/** Adds a person's forget concept. Throws `exists` when the text is there already. */
export async function addForgetConcept(
  session: Editing,
  text: string,
  weight: number,
  kind: ListKind = 'forget-concept',
): Promise<ForgetConceptItem> {
  const { store } = session.workspace()
  refuseDuplicate(store, kind, text, [])
  const id = store.newId()
  const after: Document = { text, weight, enabled: true, ...byPerson(session) }
  await store.edit(`Added the ${nameOfList[kind]} ${quoted(text)}`, [{ kind, key: id, after }], reviewerOf(session))
  return { id, ...after }
}

/** Changes text, weight or whether it counts. A changed text is a person's. */
export async function changeForgetConcept(
  session: Editing,
  id: string,
  changes: {
    readonly text?: string | undefined
    readonly weight?: number | undefined
    readonly enabled?: boolean | undefined
  },
  kind: ListKind = 'forget-concept',
): Promise<ForgetConceptItem> {
  const { store } = session.workspace()
  const before = find(store, kind, id)
  const { text = before.text, weight = before.weight, enabled = before.enabled } = changes
  if (text !== before.text) refuseDuplicate(store, kind, text, [id])
  const after: Document =
    text === before.text ? { ...before, weight, enabled } : { text, weight, enabled, ...byPerson(session) }
  await store.edit(labelOf(before, after, kind), [{ kind, key: id, after }], reviewerOf(session))
  return { id, ...after }
}

function labelOf(before: Document, after: Document, kind: ListKind): string {
  const name = quoted(before.text)
  if (after.text !== before.text) return `Changed the ${nameOfList[kind]} ${name}`
  if (after.weight !== before.weight) return `Set the weight of ${name} to ${Number(after.weight.toPrecision(3))}`
  return `${after.enabled ? 'Enabled' : 'Disabled'} the ${nameOfList[kind]} ${name}`
}

/** Several become one, in the first one's place, with the sum of their weights. */
export async function mergeForgetConcepts(
  session: Editing,
  ids: readonly string[],
  text: string,
  kind: ListKind = 'forget-concept',
): Promise<ForgetConceptItem> {
  const { store } = session.workspace()
  const distinct = [...new Set(ids)]
  const [first, ...others] = distinct
  if (first === undefined || others.length === 0) {
    throw new SnipError('bad-argument', `It takes two ${nameOfList[kind]}s to merge`, {
      remedy: 'Select at least two.',
    })
  }
  const merged = distinct.map((id) => find(store, kind, id))
  refuseDuplicate(store, kind, text, distinct)
  const after: Document = {
    text,
    weight: merged.reduce((sum, { weight }) => sum + weight, 0),
    enabled: merged.some(({ enabled }) => enabled),
    ...byPerson(session),
  }
  await store.edit(
    `Merged ${distinct.length} ${nameOfList[kind]}s into ${quoted(text)}`,
    [{ kind, key: first, after }, ...others.map((key): Change => ({ kind, key, after: null }))],
    reviewerOf(session),
  )
  return { id: first, ...after }
}

export async function removeForgetConcepts(
  session: Editing,
  ids: readonly string[],
  kind: ListKind = 'forget-concept',
): Promise<void> {
  const { store } = session.workspace()
  const distinct = [...new Set(ids)]
  const texts = distinct.map((id) => find(store, kind, id).text)
  const what =
    texts.length === 1 ? `the ${nameOfList[kind]} ${quoted(texts[0] ?? '')}` : `${texts.length} ${nameOfList[kind]}s`
  await store.edit(
    `Removed ${what}`,
    distinct.map((key): Change => ({ kind, key, after: null })),
    reviewerOf(session),
  )
}

type Store = OpenWorkspace['store']

function find(store: Store, kind: ListKind, id: string): Document {
  const document = store.get(kind, id)
  if (document !== null) return document
  throw new SnipError('not-found', `There is no such ${nameOfList[kind]} any more`, {
    remedy: 'It was removed: undo brings it back.',
  })
}

function refuseDuplicate(store: Store, kind: ListKind, text: string, except: readonly string[]): void {
  for (const [id, other] of store.all(kind)) {
    if (except.includes(id) || other.text !== text) continue
    throw new SnipError('exists', `There is a ${nameOfList[kind]} ${quoted(text)} already`, {
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
      `Extracted ${added.length} ${nameOfList[kind]}s`,
      added.map((concept): Change => ({ kind, key: store.newId(), after: documentOfConcept(concept) })),
    )
  }
  return { added: added.length, known: concepts.length - added.length }
}

/** A line of forget.jsonl as the workspace keeps it. */
export function documentOfConcept({ text, weight, extractor, enabled, ...from }: ForgetConcept): Document {
  const { author, preset, draws, drawsOf } = from
  return {
    text,
    weight,
    enabled: enabled ?? true,
    source: extractor,
    ...(isNullish(author) ? {} : { author }),
    ...(isNullish(preset) ? {} : { preset }),
    ...(isNullish(draws) || isNullish(drawsOf) ? {} : { draws, drawsOf }),
  }
}

function isNullish(value: unknown): value is null | undefined {
  return value === null || value === undefined
}

const longestQuote = 60

function quoted(text: string): string {
  return `"${text.length > longestQuote ? `${Array.from(text).slice(0, longestQuote).join('')}…` : text}"`
}
