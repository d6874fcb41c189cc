import { SnipError } from '../../contract/failure.ts'
import { refuse, type Architecture } from './architecture.ts'
import { bert } from './bert.ts'
import { gemma } from './gemma.ts'
import { gemma2 } from './gemma2.ts'
import { gpt2 } from './gpt2.ts'
import { gptNeo } from './gpt-neo.ts'
import { gptNeox } from './gpt-neox.ts'
import { gptj } from './gptj.ts'
import { llama } from './llama.ts'
import { mistral } from './mistral.ts'
import { olmo } from './olmo.ts'
import { olmo2 } from './olmo2.ts'
import { opt } from './opt.ts'
import { phi } from './phi.ts'
import { qwen2 } from './qwen2.ts'
import { qwen3 } from './qwen3.ts'
import { roberta } from './roberta.ts'
import { vit } from './vit.ts'

/** Every family of checkpoints that the engine reads. A new one is one file and one line here. */
export const architectures: readonly Architecture[] = [
  gpt2,
  llama,
  opt,
  gptNeox,
  gptNeo,
  gptj,
  mistral,
  qwen2,
  qwen3,
  olmo,
  olmo2,
  gemma,
  gemma2,
  phi,
  bert,
  roberta,
  vit,
]

/** The family that `model_type` of config.json names. */
export function findArchitecture(config: unknown): Architecture {
  const keys = typeof config === 'object' && config !== null ? (config as Record<string, unknown>) : {}
  const id = keys['model_type']
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
  if (keys['quantization_config']) refuse('quantization_config', keys['quantization_config'])
  return found
}
