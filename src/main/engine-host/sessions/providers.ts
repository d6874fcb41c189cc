import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { InferenceSession } from 'onnxruntime-node'
import type { ProviderId } from '../../../contract/engine-host.ts'
import { SnipError } from '../../../contract/failure.ts'
import { elementType, GraphBuilder } from '../../../core/onnx/graph.ts'
import { joinPieces, modelIrVersion, modelOpset, serialiseModel } from '../../../core/onnx/serialise.ts'

/**
 * The order in which providers are tried when none is asked for. WebGPU is not among them: it also starts on a Vulkan that runs on the processor,
 * hundreds of times slower than ONNX Runtime itself, and it is no base for exports that agree bit for bit.
 */
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
  if (provider === 'dml' && process.platform !== 'win32') return 'DirectML needs Windows'
  if (provider === 'coreml' && process.platform !== 'darwin') return 'Core ML needs macOS'
  if (provider === 'cuda' && !existsSync(cudaLibrary())) return noCudaLibraries
  try {
    const session = await InferenceSession.create(smallestModel(), {
      executionProviders: [provider],
      logSeverityLevel: 4,
    })
    await session.release()
    return null
  } catch (error) {
    const native = error instanceof Error ? error.message : String(error)
    process.stderr.write(`${provider} does not start: ${native}\n`)
    return refusalInWords(provider, native)
  }
}

const noCudaLibraries = 'The CUDA libraries are not installed (npm run setup:cuda)'

/** Why a provider does not start, in words for people, from what ONNX Runtime says. */
export function refusalInWords(provider: ProviderId, native: string): string {
  if (/not (?:supported|enabled|available) in this build|unknown provider|backend not found/i.test(native)) {
    return `${names[provider]} is not part of this build of ONNX Runtime`
  }
  if (provider === 'webgpu') {
    return /adapter/i.test(native) ? 'No WebGPU adapter was found' : 'WebGPU does not start on this computer'
  }
  if (provider === 'cuda') {
    if (/no CUDA-capable device|CUDA driver|libcuda\.so|nvcuda/i.test(native)) {
      return 'No NVIDIA graphics card with a working driver was found'
    }
    if (/cannot open shared object|LoadLibrary|failed to load library|\.so\.\d|\.dll/i.test(native))
      return noCudaLibraries
  }
  return `${names[provider]} does not start on this computer`
}

const names: Readonly<Record<ProviderId, string>> = {
  cuda: 'CUDA',
  dml: 'DirectML',
  coreml: 'Core ML',
  webgpu: 'WebGPU',
  cpu: 'The processor',
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
