import { createHash } from 'node:crypto'
import { canonicalJson } from '../jobs/canonical-json.ts'
import { ExplanationOrder } from '../neurons/verdicts.ts'
import type { OpenWorkspace } from '../session/session.ts'
import type { DocumentStore } from '../workspace/document-store.ts'
import type { Documents } from '../workspace/documents.ts'
import { evidenceInUse, explanationsInUse } from './ranking-inputs.ts'
import { SortedTexts } from './sorted-texts.ts'

/** What persons said of a neuron, as far as it decides which sentence is in use. */
interface Said {
  /** The neuron and the sentence of a person's own, or the one that was kept above a newer one; null for none. */
  readonly edit: string | null
  readonly kept: string | null
  readonly rejections: number
}

const nothing: Said = { edit: null, kept: null, rejections: 0 }
const saying = ['concept-edit', 'review'] as const

/**
 * SHA-256 of what decides which concepts are in use: the explanations, the edits, the rejections, and the sentences that were accepted
 * before a newer explanation came. Accepting a concept as it stands changes nothing. Reads no file: what an explainer wrote never changes.
 */
export function hashOfConcepts(workspace: OpenWorkspace): string {
  const make = () => new ConceptsHash()
  return (workspace.memo?.of('concepts-hash', make) ?? make()).of(workspace)
}

/** Follows the documents of a workspace: another word on one neuron costs a hash, and one that changes nothing costs nothing. */
class ConceptsHash {
  #held: SaidOfAll | null = null

  of(workspace: OpenWorkspace): string {
    const key = JSON.stringify([evidenceInUse(workspace), workspace.store.markOf('explanation')])
    if (this.#held === null || this.#held.key !== key || !this.#held.follow()) {
      this.#held = new SaidOfAll(workspace, key)
    }
    return this.#held.digest()
  }
}

/** What persons said while the explanations stay the same. */
class SaidOfAll {
  readonly key: string
  readonly #store: DocumentStore
  readonly #order: ExplanationOrder
  readonly #inUse: ReturnType<typeof explanationsInUse>
  readonly #said = new Map<string, Said>()
  readonly #edits: SortedTexts
  readonly #kept: SortedTexts
  readonly #rejected: SortedTexts
  #marks: readonly number[]
  #digest: string | null = null

  constructor(workspace: OpenWorkspace, key: string) {
    const { store } = workspace
    this.key = key
    this.#store = store
    this.#order = new ExplanationOrder(store)
    this.#inUse = explanationsInUse(workspace)
    this.#marks = saying.map((kind) => store.markOf(kind))
    const edits: string[] = []
    const kept: string[] = []
    const rejected: string[] = []
    for (const neuron of new Set(saying.flatMap((kind) => [...store.all(kind).keys()]))) {
      const said = this.#saidOf(neuron)
      if (said === nothing) continue
      this.#said.set(neuron, said)
      if (said.edit !== null) edits.push(said.edit)
      if (said.kept !== null) kept.push(said.kept)
      for (let at = 0; at < said.rejections; at++) rejected.push(neuron)
    }
    this.#edits = new SortedTexts(edits)
    this.#kept = new SortedTexts(kept)
    this.#rejected = new SortedTexts(rejected)
  }

  /** Takes over what was said since; false when that is too long ago to tell. */
  follow(): boolean {
    const changed = saying.map((kind, at) => this.#store.changedSince(kind, this.#marks[at]!))
    if (changed.some((keys) => keys === null)) return false
    this.#marks = saying.map((kind) => this.#store.markOf(kind))
    for (const keys of changed) for (const neuron of keys ?? []) this.#take(neuron)
    return true
  }

  /** The keys of the object stand in order of their units, as in any canonical JSON. */
  digest(): string {
    if (this.#digest !== null) return this.#digest
    const hash = createHash('sha256').update('{"edits":')
    this.#edits.addTo(hash)
    const explanations = this.#inUse.map(([, { file, concepts, at }]) => ({ file, concepts, at }))
    hash.update(`,"explanations":${canonicalJson(explanations)}`)
    if (this.#kept.size > 0) this.#kept.addTo(hash.update(',"kept":'))
    this.#rejected.addTo(hash.update(',"rejected":'))
    return (this.#digest = hash.update('}').digest('hex'))
  }

  #take(neuron: string): void {
    const before = this.#said.get(neuron) ?? nothing
    const now = this.#saidOf(neuron)
    if (now === nothing) this.#said.delete(neuron)
    else this.#said.set(neuron, now)
    this.#replace(this.#edits, before.edit, now.edit)
    this.#replace(this.#kept, before.kept, now.kept)
    for (let at = before.rejections; at < now.rejections; at++) this.#replace(this.#rejected, null, neuron)
    for (let at = now.rejections; at < before.rejections; at++) this.#replace(this.#rejected, neuron, null)
  }

  #replace(texts: SortedTexts, before: string | null, now: string | null): void {
    if (before === now) return
    if (before !== null) texts.remove(before)
    if (now !== null) texts.add(now)
    this.#digest = null
  }

  #saidOf(neuron: string): Said {
    const edit = this.#store.get('concept-edit', neuron)
    const review = this.#store.get('review', neuron)
    const said = {
      edit: edit === null ? null : `${neuron} ${edit.text}`,
      kept: review === null ? null : this.#keptOf(neuron, review),
      // A rejection takes one sentence of the neuron away, and which it is follows from the explanations.
      rejections: (review?.earlier?.length ?? 0) + (review?.status === 'rejected' ? 1 : 0),
    }
    return said.edit === null && said.kept === null && said.rejections === 0 ? nothing : said
  }

  #keptOf(neuron: string, review: Documents['review']): string | null {
    const last = this.#inUse.at(-1)
    if (review.status !== 'accepted' || review.sentence === undefined || last === undefined) return null
    const newest = { explanation: last[0], at: last[1].at }
    // A sentence that a reviewer brought, and neither an explainer nor a person here wrote, stands above all explanations.
    const isBrought = review.sentence.explainer === null && this.#store.get('concept-edit', neuron) === null
    return isBrought || this.#order.isAfter(newest, review) ? `${neuron} ${review.sentence.text}` : null
  }
}
