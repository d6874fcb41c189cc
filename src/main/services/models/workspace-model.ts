import { existsSync } from 'node:fs'
import { freemem } from 'node:os'
import { basename } from 'node:path'
import { SnipError, toSnipError } from '../../../contract/failure.ts'
import { modelCardSchema, type ModelCard, type ModelState } from '../../../contract/workbench/model.ts'
import type { ModelReference } from '../engine/engine.ts'
import { modelInUse } from '../plans/model-in-use.ts'
import type { OpenWorkspace, WorkbenchSession } from '../session/session.ts'
import type { Change } from '../workspace/document-store.ts'
import type { Documents } from '../workspace/documents.ts'
import { fingerprintOf } from './hash-cache.ts'
import { estimateMemory, type MemoryEstimate } from './memory-estimate.ts'

/** A model as a person names it: grants of a folder or .onnx file, and of a tokenizer that does not lie beside it. */
export interface ModelSource {
  readonly source: string
  readonly tokenizer: string | null
}

interface HashInHand {
  readonly key: string
  problem: string | null
  readonly done: Promise<void>
}

/** The model of the open workspace: choosing it, its state, and its hash, which is computed behind the person's back. */
export class WorkspaceModel {
  readonly #session: WorkbenchSession
  #hashing: HashInHand | null = null

  constructor(session: WorkbenchSession) {
    this.#session = session
  }

  /** Reads the headers of a model: facts, and the memory that loading would take. */
  async inspect(source: ModelSource, signal: AbortSignal): Promise<{ card: ModelCard; memory: MemoryEstimate }> {
    const card = await this.#cardOf(this.#referenceOf(source), signal)
    return { card, memory: estimateMemory(card, freemem()) }
  }

  /** Makes a model the workspace's own, once its headers were read and found good. One undoable edit. */
  async use(source: ModelSource, signal: AbortSignal): Promise<ModelState> {
    const workspace = this.#session.workspace()
    const reference = this.#referenceOf(source)
    const card = await this.#cardOf(reference, signal)
    const name = basename(reference.path)
    const document: Documents['model'] = {
      place: workspace.placeOf(reference.path),
      tokenizer: reference.tokenizer === null ? null : workspace.placeOf(reference.tokenizer),
      name,
      modelHash: this.#session.workbench.models.knownHash(reference),
      card,
    }
    // Counts of tokens are those of the former model's tokenizer.
    const recounts = [...workspace.store.all('dataset')]
      .filter(([, { tokens }]) => tokens !== null)
      .map(([key, dataset]): Change => ({ kind: 'dataset', key, after: { ...dataset, tokens: null } }))
    this.#hashing = null
    await workspace.store.edit(`Chose the model ${name}`, [
      { kind: 'model', key: 'model', after: document },
      ...recounts,
    ])
    this.#session.recentModels.add({ ...reference, name, family: card.familyName })
    this.#session.events.changed('model')
    this.#session.events.status(`The model is ${name}. Next: import data and record it.`)
    return this.#stateOf(workspace, document)
  }

  /** The state of the workspace's model; null when it has none. Starts computing the hash when it is not known. */
  current(): ModelState | null {
    const workspace = this.#session.workspace()
    const document = workspace.store.get('model', 'model')
    return document === null ? null : this.#stateOf(workspace, document)
  }

  /** Resolves when the hash that was asked for is known or has failed. */
  async hashed(): Promise<void> {
    await this.#hashing?.done
  }

  /** Frees the engine's memory of the model. Throws `busy` while a job may be using it. */
  async unload(): Promise<void> {
    const { reference } = modelInUse(this.#session.workspace())
    const running = this.#session.jobs.list().find(({ state }) => state === 'running')
    if (running) {
      throw new SnipError('busy', `A job is running with the model: ${running.title}`, {
        remedy: 'Wait for it to end or cancel it, then unload the model.',
      })
    }
    await this.#session.workbench.engine.close(reference)
    this.#session.events.changed('model')
  }

  #referenceOf({ source, tokenizer }: ModelSource): ModelReference {
    const { grants } = this.#session
    return { path: grants.pathOf(source), tokenizer: tokenizer === null ? null : grants.pathOf(tokenizer) }
  }

  async #cardOf(reference: ModelReference, signal: AbortSignal): Promise<ModelCard> {
    // Parsed, so that the engine's handle stays here.
    return modelCardSchema.parse(await this.#session.workbench.models.openAnew(reference, signal))
  }

  #stateOf(workspace: OpenWorkspace, document: Documents['model']): ModelState {
    const path = workspace.pathOf(document.place)
    const reference = { path, tokenizer: document.tokenizer === null ? null : workspace.pathOf(document.tokenizer) }
    const { card, name } = document
    const { engine } = this.#session.workbench
    return {
      card,
      path,
      name,
      modelHash: document.modelHash,
      memory: card === null ? null : estimateMemory(card, freemem()),
      problem: this.#problemOf(workspace, document, reference),
      loaded: engine.isOpen(reference),
    }
  }

  #problemOf(workspace: OpenWorkspace, document: Documents['model'], reference: ModelReference): string | null {
    for (const path of [reference.path, ...(reference.tokenizer === null ? [] : [reference.tokenizer])]) {
      if (!existsSync(path)) return `There is nothing at ${path} any more: put it back, or open the model again.`
    }
    try {
      const known = this.#session.workbench.models.knownHash(reference)
      if (known !== null && document.card !== null) {
        if (document.modelHash === known) return null
        if (document.modelHash !== null) return changedModel(reference.path)
      }
    } catch (error) {
      return sentenceOf(error)
    }
    return this.#inHand(workspace, document, reference).problem
  }

  /** The hash being computed for the model as it is now. */
  #inHand(workspace: OpenWorkspace, document: Documents['model'], reference: ModelReference): HashInHand {
    const key = JSON.stringify([workspace.folder, reference, document.modelHash, fingerprintOf(reference.path)])
    if (this.#hashing?.key === key) return this.#hashing
    const hashing: HashInHand = { key, problem: null, done: this.#hash(workspace, reference, () => hashing) }
    this.#hashing = hashing
    return hashing
  }

  async #hash(workspace: OpenWorkspace, reference: ModelReference, own: () => HashInHand): Promise<void> {
    const { models } = this.#session.workbench
    const { signal } = new AbortController()
    try {
      const card = await this.#cardOf(reference, signal)
      const modelHash = await models.modelHash(reference, signal)
      const now = workspace.store.get('model', 'model')
      // Another model, or another workspace, may have been opened meanwhile.
      if (now === null || this.#session.workspaceOrNull() !== workspace || !sameModel(workspace, now, reference)) return
      if (now.modelHash === null || now.card === null) {
        const after = { ...now, card: now.card ?? card, modelHash: now.modelHash ?? modelHash }
        await workspace.store.put([{ kind: 'model', key: 'model', after }])
      } else this.#session.events.changed('model')
    } catch (error) {
      own().problem = sentenceOf(error)
      this.#session.events.changed('model')
    }
  }
}

function sameModel(workspace: OpenWorkspace, { place, tokenizer }: Documents['model'], reference: ModelReference) {
  return (
    workspace.pathOf(place) === reference.path &&
    (tokenizer === null ? null : workspace.pathOf(tokenizer)) === reference.tokenizer
  )
}

function changedModel(path: string): string {
  return `The weights at ${path} are not those that were chosen: put the former ones back, or open the model again.`
}

function sentenceOf(error: unknown): string {
  const { message, remedy } = toSnipError(error)
  return remedy === undefined ? message : `${message.replace(/[.:]$/, '')}. ${remedy}`
}
