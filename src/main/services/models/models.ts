import { realpathSync } from 'node:fs'
import { resolve } from 'node:path'
import type { ModelFacts } from '../../../contract/engine-host.ts'
import { SnipError } from '../../../contract/failure.ts'
import type { Plan } from '../../../contract/files.ts'
import { checkPlan } from '../../../core/pruning/plan.ts'
import { createNeuronSpace, type NeuronSpace } from '../../../core/ranking/neuron-space.ts'
import { fileError } from '../../files/write-aside.ts'
import type { Engine, ModelReference } from '../engine/engine.ts'
import { fingerprintOf, type ModelHashCache } from './hash-cache.ts'

/** Opens models, tells facts about them and knows their hashes. */
export class Models {
  readonly engine: Engine
  readonly #hashes: ModelHashCache
  /** What the files of open models were when they were opened, by reference. */
  readonly #openedAs = new Map<string, string>()

  constructor(engine: Engine, hashes: ModelHashCache) {
    this.engine = engine
    this.#hashes = hashes
  }

  /** Opens a model, or finds it open: facts and the handle of the moment. */
  open(model: ModelReference, signal: AbortSignal): Promise<ModelFacts> {
    if (!this.engine.isOpen(model)) {
      const now = stateOfFiles(model)
      if (now !== null) this.#openedAs.set(keyOf(model), now)
    }
    return this.engine.open(model, signal)
  }

  /** Opens a model as its files are now: one that was opened before they changed is closed first. */
  async openAnew(model: ModelReference, signal: AbortSignal): Promise<ModelFacts> {
    if (this.engine.isOpen(model) && this.#openedAs.get(keyOf(model)) !== stateOfFiles(model)) {
      await this.engine.close(model)
    }
    return this.open(model, signal)
  }

  /** Opens a model and checks that it has every neuron of the plan. Throws `bad-plan`. */
  async openFor(model: ModelReference, plan: Plan | null, signal: AbortSignal): Promise<ModelFacts> {
    const facts = await this.open(model, signal)
    if (plan !== null) checkPlan(plan, neuronSpaceOf(facts))
    return facts
  }

  /** The hash of a model whose files have not changed since it was computed; null when it has to be computed. */
  knownHash(model: ModelReference): string | null {
    const path = realPathOf(model)
    return this.#hashes.find(path, fingerprintOf(path))
  }

  /** SHA-256 over config.json and the weight files (DESIGN section 7), computed once per state of the files. */
  async modelHash(model: ModelReference, signal: AbortSignal): Promise<string> {
    const path = realPathOf(model)
    const before = fingerprintOf(path)
    const known = this.#hashes.find(path, before)
    if (known !== null) return known
    const { handle } = await this.open(model, signal)
    const { modelHash } = await this.engine.client.hash({ handle }, { signal })
    // Files that changed while they were read have a hash that belongs to neither state.
    if (fingerprintOf(path) === before) this.#hashes.keep(path, before, modelHash)
    return modelHash
  }
}

function keyOf({ path, tokenizer }: ModelReference): string {
  return JSON.stringify([path, tokenizer])
}

/** Null where the files cannot be looked at: opening them says why. */
function stateOfFiles(model: ModelReference): string | null {
  try {
    return fingerprintOf(realPathOf(model))
  } catch {
    return null
  }
}

function realPathOf(model: ModelReference): string {
  const path = resolve(model.path)
  try {
    return realpathSync(path)
  } catch (error) {
    throw fileError(error, path, 'read')
  }
}

/** Every neuron of an open model. */
export function neuronSpaceOf(facts: Pick<ModelFacts, 'neurons'>): NeuronSpace {
  return createNeuronSpace(facts.neurons)
}

/** Throws `bad-argument` when an id lies outside the model's vocabulary, or when there are too few or too many. */
export function checkTokenIds(facts: ModelFacts, ids: readonly number[], atLeast: number, what: string): void {
  for (const id of ids) {
    if (!Number.isSafeInteger(id) || id < 0 || id >= facts.vocabularySize) {
      throw new SnipError(
        'bad-argument',
        `Token id ${id} is not in the vocabulary, which has ids 0 to ${facts.vocabularySize - 1}`,
        {
          remedy: 'Check the ids.',
        },
      )
    }
  }
  if (ids.length < atLeast) {
    throw new SnipError(
      'bad-argument',
      `${what} needs at least ${atLeast} ${atLeast === 1 ? 'token' : 'tokens'}, not ${ids.length}`,
      {
        remedy: 'Give a longer text or more ids.',
      },
    )
  }
  if (ids.length > facts.contextLength) {
    throw new SnipError(
      'bad-argument',
      `${ids.length.toLocaleString('en-US')} tokens are more than the model's context of ${facts.contextLength.toLocaleString('en-US')}`,
      {
        remedy: 'Give a shorter text or fewer ids.',
      },
    )
  }
}
