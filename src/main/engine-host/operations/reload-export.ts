import { dirname, join } from 'node:path'
import * as ort from 'onnxruntime-node'
import type { ExportFormat } from '../../../contract/engine-host.ts'
import { folderModel } from '../../../core/onnx/folder-format.ts'
import { openModel, type OpenModel } from '../model/open-model.ts'
import { floatOutput, int64Tensor, purposes } from '../sessions/model-sessions.ts'
import { planFeeds } from '../sessions/plan-feeds.ts'
import { createSession, runSession, type SessionSettings } from '../sessions/session.ts'
import { openForeignFile } from './export-foreign.ts'

/** Logits after every token of a sequence: f32 [tokens, vocabulary]. */
export type Logits = (ids: readonly number[]) => Promise<Float32Array>

/** A written model that was loaded again, as somebody else would. */
export interface Reloaded {
  readonly logits: Logits
  /** The same for a folder's graph with its cache; null for the others. */
  readonly cached: CachedModel | null
  release(): Promise<void>
}

/** Loads what an export wrote. */
export async function reloadExport(
  format: ExportFormat,
  path: string,
  model: OpenModel,
  settings: SessionSettings,
): Promise<Reloaded> {
  switch (format) {
    case 'onnx':
      return model.foreign
        ? openForeignFile(path, model.foreign, model.graphs.supports(purposes.generate), settings)
        : openFile(path, settings)
    case 'onnx-folder': {
      const file = join(path, folderModel.name)
      const session = await createSession(file, dirname(file), settings)
      const cached = new CachedModel(session, model.shape.vocabularySize)
      return { logits: (ids) => cached.sequence(ids), cached, release: () => session.release() }
    }
    case 'checkpoint':
      return openCheckpoint(path, settings)
  }
}

/** A written model that was loaded again, to be run with whatever its graph takes. */
export interface ReloadedSession {
  run(feeds: Record<string, ort.Tensor>): Promise<Float32Array>
  release(): Promise<void>
}

/** Loads what an export wrote of a model that continues no text. */
export async function reloadSession(
  format: ExportFormat,
  path: string,
  settings: SessionSettings,
): Promise<ReloadedSession> {
  if (format === 'checkpoint') {
    const { session, unmasked } = await reopenCheckpoint(path, settings)
    return {
      run: async (feeds) => floatOutput(await runSession(session, { ...feeds, ...unmasked }), 'logits'),
      release: () => session.release(),
    }
  }
  const file = format === 'onnx' ? path : join(path, folderModel.name)
  const session = await createSession(file, dirname(file), settings)
  return {
    run: async (feeds) => floatOutput(await runSession(session, feeds), 'logits'),
    release: () => session.release(),
  }
}

async function openFile(path: string, settings: SessionSettings): Promise<Reloaded> {
  const session = await createSession(path, dirname(path), settings)
  const logits: Logits = async (ids) =>
    floatOutput(await runSession(session, { input_ids: int64Tensor(ids, [1, ids.length]) }), 'logits')
  return { logits, cached: null, release: () => session.release() }
}

/** Opens the folder as a model of ours, config, shards, tokenizer and all, and feeds that stand for no plan. */
async function reopenCheckpoint(path: string, settings: SessionSettings) {
  const reopened = await openModel({ path, tokenizer: null, threads: settings.threads, provider: 'cpu' })
  const session = await createSession(reopened.graphs.bytes(purposes.logits), reopened.weights.folder, settings)
  return { session, unmasked: planFeeds(reopened, null) }
}

/** Runs a checkpoint without any plan. */
async function openCheckpoint(path: string, settings: SessionSettings): Promise<Reloaded> {
  const { session, unmasked } = await reopenCheckpoint(path, settings)
  const logits: Logits = async (ids) => {
    const feeds = { input_ids: int64Tensor(ids, [1, ids.length]), ...unmasked }
    return floatOutput(await runSession(session, feeds), 'logits')
  }
  return { logits, cached: null, release: () => session.release() }
}

/** A batch's cache and the tokens that it holds; padding is marked with 0. */
export interface CacheState {
  readonly mask: readonly (readonly number[])[]
  readonly entries: Readonly<Record<string, ort.Tensor>>
}

/** A graph with `attention_mask`, `position_ids` and a key-value cache, run as transformers.js runs it. */
export class CachedModel {
  readonly #session: ort.InferenceSession
  readonly #vocabulary: number

  constructor(session: ort.InferenceSession, vocabulary: number) {
    this.#session = session
    this.#vocabulary = vocabulary
  }

  /** Logits after every token of one sequence, without a past. */
  async sequence(ids: readonly number[]): Promise<Float32Array> {
    return (await this.step([ids], this.start([ids.map(() => 1)]))).logits
  }

  /** The state before the first step: an empty cache, and which of the first tokens are no padding. */
  start(mask: readonly (readonly number[])[]): CacheState {
    const entries: Record<string, ort.Tensor> = {}
    for (const info of this.#session.inputMetadata) {
      if (!info.name.startsWith('past_key_values.') || !info.isTensor) continue
      const dims = info.shape.map((size, axis) => (typeof size === 'number' ? size : axis === 0 ? mask.length : 0))
      entries[info.name] = new ort.Tensor('float32', new Float32Array(0), dims)
    }
    return { mask, entries }
  }

  /** Runs equally long rows; the state's mask counts them already. Logits are [batch, tokens, vocabulary]. */
  async step(rows: readonly (readonly number[])[], state: CacheState) {
    const length = rows[0]!.length
    const total = state.mask[0]!.length
    const positions = state.mask.flatMap((row) => positionsOf(row).slice(total - length))
    const given: Record<string, ort.Tensor> = {
      input_ids: int64Tensor(rows.flat(), [rows.length, length]),
      attention_mask: int64Tensor(state.mask.flat(), [rows.length, total]),
      position_ids: int64Tensor(positions, [rows.length, length]),
      ...state.entries,
    }
    const feeds = Object.fromEntries(this.#session.inputNames.map((name) => [name, given[name]!]))
    const results = await runSession(this.#session, feeds)
    const entries: Record<string, ort.Tensor> = {}
    for (const [name, value] of Object.entries(results)) {
      if (name.startsWith('present.')) entries[name.replace('present.', 'past_key_values.')] = value
    }
    return { logits: floatOutput(results, 'logits'), entries }
  }

  /** The state for a step of one more token in every row. */
  grown(state: CacheState, entries: CacheState['entries']): CacheState {
    return { mask: state.mask.map((row) => [...row, 1]), entries }
  }

  get vocabulary(): number {
    return this.#vocabulary
  }
}

/** Positions count what is no padding; padding gets 1, as transformers.js gives it. */
function positionsOf(mask: readonly number[]): number[] {
  let count = 0
  return mask.map((valid) => (valid === 1 ? count++ : 1))
}
