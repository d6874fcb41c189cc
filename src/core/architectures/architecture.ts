import { z } from 'zod'
import { SnipError } from '../../contract/failure.ts'
import type { TensorIndex } from '../onnx/tensor-index.ts'
import type { Activation, ModelLayout } from './layout.ts'

/** A family of published checkpoints: how its config and tensors become a layout. One file each. */
export interface Architecture {
  /** `model_type` of config.json. */
  readonly id: string
  readonly name: string
  readonly citation: string
  /** Reads and checks config.json against the tensors. Throws `bad-model` or `unsupported-model`, naming the key. */
  layout(config: unknown, tensors: TensorIndex): ModelLayout
}

/** A count in config.json: bounded, so that a hostile file cannot ask for a graph of a billion nodes. */
export const countSchema = z.number().int().positive().max(10_000_000)
export const layerCountSchema = z.number().int().positive().max(10_000)
export const epsilonSchema = z.number().positive().max(1)

/** Checks config.json against a schema; the error names the first key that is wrong. */
export function parseConfig<Schema extends z.ZodType>(schema: Schema, config: unknown): z.output<Schema> {
  const parsed = schema.safeParse(config)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw new SnipError(
    'bad-model',
    `config.json: ${issue?.path.join('.') || 'the file'}: ${issue?.message ?? 'is wrong'}`,
    {
      remedy: 'Use the config.json that was published with these weights.',
    },
  )
}

/** Refuses an option of config.json that changes the forward pass in a way the engine does not compute. */
export function refuse(key: string, value: unknown): never {
  throw new SnipError(
    'unsupported-model',
    `config.json sets ${key} to ${JSON.stringify(value)?.slice(0, 200)}, which is not supported`,
    {
      remedy: 'Use a checkpoint without this option.',
    },
  )
}

const activations: ReadonlyMap<string, Activation> = new Map([
  ['gelu', 'gelu'],
  ['gelu_python', 'gelu'],
  ['gelu_new', 'gelu-tanh'],
  ['gelu_pytorch_tanh', 'gelu-tanh'],
  ['gelu_fast', 'gelu-tanh'],
  ['gelu_accurate', 'gelu-tanh'],
  ['relu', 'relu'],
  ['silu', 'silu'],
  ['swish', 'silu'],
])

/** The activation function that config.json names under `key`. */
export function readActivation(key: string, name: string): Activation {
  return activations.get(name) ?? refuse(key, name)
}

/** Refuses attention heads that do not divide the width. */
export function divide(total: number, parts: number, what: string): number {
  if (total % parts !== 0) {
    throw new SnipError('bad-model', `config.json: ${what}: ${parts} does not divide ${total}`, {
      remedy: 'Use the config.json that was published with these weights.',
    })
  }
  return total / parts
}
