import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { InferenceSession } from 'onnxruntime-node'
import type { ProviderId } from '../../../contract/engine-host.ts'
import { SnipError } from '../../../contract/failure.ts'
import { elementType, GraphBuilder } from '../../../core/onnx/graph.ts'
import { joinPieces, modelIrVersion, modelOpset, serialiseModel } from '../../../core/onnx/serialise.ts'

/** The order in which providers are tried when none is asked for. */
const preference: readonly ProviderId[] = ['cuda', 'dml', 'coreml', 'cpu']
export const allProviders: readonly ProviderId[] = ['cuda', 'dml', 'coreml', 'webgpu', 'cpu']

/** A one-node model: enough to see whether a provider starts. */
function smallestModel(): Uint8Array {
  const builder = new GraphBuilder()
  const x = builder.input('x', elementType.float, [1])
  builder.output(builder.node('Add', [x, x], {}, 'y'), elementType.float, [1])
  const options = { opset: modelOpset, irVersion: modelIrVersion, producerVersion: '', metadata: {} }
  return joinPieces(
    serialiseModel(
      builder.build(),
      () => {
        throw new RangeError('no weights')
      },
      options,
    ),
  )
}

/**
 * Null when the provider starts, else why it does not. ONNX Runtime does not fall back by itself, and drops providers
 * that this build does not know with a log line only, so each is tried alone.
 */
export async function tryProvider(provider: ProviderId): Promise<string | null> {
  const platform: Partial<Record<ProviderId, NodeJS.Platform>> = { dml: 'win32', coreml: 'darwin' }
  const needed = platform[provider]
  if (needed !== undefined && process.platform !== needed) {
    return `${provider} is not available on ${process.platform}`
  }
  if (provider === 'cuda' && !existsSync(cudaLibrary())) {
    return 'the CUDA libraries of ONNX Runtime are not installed (npm run setup:cuda)'
  }
  try {
    const session = await InferenceSession.create(smallestModel(), {
      executionProviders: [provider],
      logSeverityLevel: 4,
    })
    await session.release()
    return null
  } catch (error) {
    return (error instanceof Error ? error.message : String(error)).split('\n')[0]!.slice(0, 300)
  }
}

/** The provider library that ONNX Runtime loads for CUDA; the package does not bring it. */
function cudaLibrary(): string {
  const binding = dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'))
  const name = process.platform === 'win32' ? 'onnxruntime_providers_cuda.dll' : 'libonnxruntime_providers_cuda.so'
  return join(binding, 'bin', 'napi-v6', process.platform, process.arch, name)
}

/** The first provider that starts, with the reasons why others were refused; or the one asked for, or an error. */
export async function chooseProvider(
  wanted: ProviderId | null,
): Promise<{ used: ProviderId; refused: { provider: ProviderId; reason: string }[] }> {
  const refused: { provider: ProviderId; reason: string }[] = []
  for (const provider of wanted === null ? preference : [wanted]) {
    // Every build has the CPU: trying it would only make opening slower.
    const reason = provider === 'cpu' ? null : await tryProvider(provider)
    if (reason === null) return { used: provider, refused }
    refused.push({ provider, reason })
  }
  throw new SnipError(
    'provider-unavailable',
    `The provider ${wanted} cannot start: ${refused[0]?.reason ?? 'unknown'}`,
    {
      remedy: 'Leave --provider out to use the CPU.',
    },
  )
}
