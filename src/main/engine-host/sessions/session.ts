import { availableParallelism } from 'node:os'
import * as ort from 'onnxruntime-node'
import { SnipError } from '../../../contract/failure.ts'
import { threadsOf } from '../../../contract/threads.ts'

/**
 * Operators whose results WebGPU may round to 11 bits (WGSL specification, accuracy of sin and cos): positions would be told apart less well
 * than on the processor. Nodes of these names are left to it.
 */
export const impreciseOnWebGpu: readonly string[] = ['Cos', 'Sin']

export interface SessionSettings {
  readonly provider: string
  /** Threads inside one operator; 0 means one for each processor. ONNX Runtime's own choice leaves hyper-threads idle. */
  readonly threads: number
  /** Weights repacked for speed: faster runs, a private copy of the weights. */
  readonly prepacking: boolean
  /** False where large single allocations are refused: memory then grows by what is needed, not by doubling. */
  readonly arena?: boolean
  /** False for short runs between other work: threads that wait for the next one sleep instead of spinning. */
  readonly spinning?: boolean
  /** `basic` runs the graph's nodes as they are written; `all`, the default, also fuses them. */
  readonly optimisation?: 'basic' | 'all'
}

/** Creates an ONNX Runtime session; external weights are looked up below `weightFolder`. */
export async function createSession(
  model: Uint8Array | string,
  weightFolder: string | null,
  settings: SessionSettings,
): Promise<ort.InferenceSession> {
  const session: Record<string, string> = { disable_prepacking: settings.prepacking ? '0' : '1' }
  if (settings.spinning === false) session['intra_op.allow_spinning'] = '0'
  if (weightFolder !== null) session['model_external_initializers_file_folder_path'] = weightFolder
  const options: ort.InferenceSession.SessionOptions = {
    executionProviders: [
      settings.provider === 'webgpu' ? { name: 'webgpu', forceCpuNodeNames: impreciseOnWebGpu } : settings.provider,
    ],
    graphOptimizationLevel: settings.optimisation ?? 'all',
    logSeverityLevel: 3,
    extra: { session },
    enableCpuMemArena: settings.arena ?? true,
    intraOpNumThreads: threadsOf(settings.threads, process.env, availableParallelism()),
  }
  try {
    return typeof model === 'string'
      ? await ort.InferenceSession.create(model, options)
      : await ort.InferenceSession.create(model, options)
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error)
    if (isMemoryShortage(detail)) {
      throw new SnipError('out-of-memory', 'There is not enough memory to load the model', {
        remedy: 'Close other programs or use a smaller model.',
        detail,
      })
    }
    throw new SnipError('internal', `ONNX Runtime refused the graph: ${detail}`, { detail })
  }
}

/** Runs a session. Throws `out-of-memory` where a run needs more than there is. */
export async function runSession(
  session: Pick<ort.InferenceSession, 'run'>,
  feeds: ort.InferenceSession.FeedsType,
  fetches?: ort.InferenceSession.FetchesType,
): Promise<ort.InferenceSession.OnnxValueMapType> {
  try {
    return fetches === undefined ? await session.run(feeds) : await session.run(feeds, fetches)
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error)
    if (/requires f16 but the device does not support it/.test(detail)) {
      throw new SnipError(
        'provider-unavailable',
        'WebGPU cannot read the weights here: they have 16 bits, the graphics card computes with 32',
        {
          remedy: 'Use the processor: leave --provider out.',
          detail,
          cause: error,
        },
      )
    }
    if (!isMemoryShortage(detail)) throw error
    throw new SnipError('out-of-memory', 'There is not enough memory to run the model', {
      remedy: 'Close other programs or unload other models, then try again; shorter texts and windows need less.',
      detail,
      cause: error,
    })
  }
}

/** What ONNX Runtime and its providers say when an allocation fails. */
function isMemoryShortage(message: string): boolean {
  return /bad_?alloc|failed to allocate|out of memory|allocation failed|array buffer allocation/i.test(message)
}
