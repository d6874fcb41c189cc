import { describe, expect, test } from 'vitest'
import { refusalInWords } from '../../../src/main/engine-host/sessions/providers.ts'

const adapter =
  '/onnxruntime_src/webgpu_context.cc:136 adapter_result.status == wgpu::RequestAdapterStatus::Success was false. ' +
  `Failed to get a WebGPU adapter: No supported adapters.${' More.'.repeat(100)}`

describe('why a provider is refused', () => {
  test.each([
    ['webgpu', adapter, 'No WebGPU adapter was found'],
    ['webgpu', 'something else', 'WebGPU does not start on this computer'],
    [
      'cuda',
      'Failed to load library libonnxruntime_providers_cuda.so with error: libcublasLt.so.12: cannot open shared object file',
      'The CUDA libraries are not installed (npm run setup:cuda)',
    ],
    [
      'cuda',
      'CUDA failure 100: no CUDA-capable device is detected',
      'No NVIDIA graphics card with a working driver was found',
    ],
    ['dml', 'whatever', 'DirectML does not start on this computer'],
  ] as const)('%s: %s', (provider, native, words) => {
    expect(refusalInWords(provider, native)).toBe(words)
  })
})
