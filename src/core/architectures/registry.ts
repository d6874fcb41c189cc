import { SnipError } from '../../contract/failure.ts'
import type { Architecture } from './architecture.ts'
import { gpt2 } from './gpt2.ts'
import { llama } from './llama.ts'

/** Every family of checkpoints that the engine reads. A new one is one file and one line here. */
export const architectures: readonly Architecture[] = [gpt2, llama]

/** The family that `model_type` of config.json names. */
export function findArchitecture(config: unknown): Architecture {
  const id =
    typeof config === 'object' && config !== null ? (config as Record<string, unknown>)['model_type'] : undefined
  const known = architectures.map((architecture) => architecture.id).join(', ')
  if (typeof id !== 'string') {
    throw new SnipError('bad-model', 'config.json names no model_type', {
      remedy: `Use the published config.json; supported families: ${known}.`,
    })
  }
  const found = architectures.find((architecture) => architecture.id === id)
  if (!found) {
    throw new SnipError('unsupported-model', `Models of family ${JSON.stringify(id.slice(0, 100))} are not supported`, {
      remedy: `Supported families: ${known}.`,
    })
  }
  return found
}
