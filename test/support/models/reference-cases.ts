import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { formatNeuron, type NeuronId, type Site } from '../../../src/contract/neuron.ts'
import { createRandom } from '../../../src/core/stats/random.ts'
import type { Checkpoint } from './checkpoint.ts'
import { makeGpt2, type Gpt2Options } from './gpt2.ts'
import { makeLlama, type LlamaOptions } from './llama.ts'
import { makePlantedGpt2, planted } from './planted.ts'

/** Neurons whose activation is replaced at every position: by zero, or by `values`, one per neuron. */
export interface ReferenceMask {
  readonly name: string
  readonly neurons: readonly NeuronId[]
  readonly values?: readonly number[]
}

/** A checkpoint that every machine makes alike, the tokens to run, and where the recorded answers are. */
export interface ReferenceCase {
  readonly name: string
  make(directory: string): Checkpoint
  /** The tokens to run and the masks to try; the same ones stand in the recorded file. */
  request(checkpoint: Checkpoint): ReferenceRequest
  /** Path of the recorded answers. */
  readonly file: string
}

export interface ReferenceRequest {
  readonly ids: readonly number[]
  readonly masks: readonly ReferenceMask[]
  /** Neurons whose activations at every position are recorded, without any mask. */
  readonly observed: readonly NeuronId[]
}

/** What one forward pass gives. */
export interface ReferenceAnswer {
  /** Natural-log probability of each next token, [ids.length - 1]. */
  readonly logprobs: readonly number[]
  /** Logits after the last token, [vocabulary]. */
  readonly lastLogits: readonly number[]
}

/** A recorded file: made in float64 by test/reference from the very bytes that `sha256` names. */
export interface ReferenceRecord extends ReferenceAnswer {
  readonly name: string
  readonly sha256: string
  readonly ids: readonly number[]
  /** The most likely continuation, one token after the other. */
  readonly greedyIds: readonly number[]
  /** Activations at every position, by neuron. */
  readonly activations: Readonly<Record<NeuronId, readonly number[]>>
  readonly masked: readonly (ReferenceMask & ReferenceAnswer)[]
  /** Largest difference of any number above from the same pass in float32: what rounding alone can explain. */
  readonly float32Difference: number
}

const fixtures = resolve(import.meta.dirname, '../../fixtures/models')

export function readReference(reference: ReferenceCase): ReferenceRecord {
  return JSON.parse(readFileSync(reference.file, 'utf8')) as ReferenceRecord
}

function gpt2(name: string, options: Gpt2Options, tokens = 14): ReferenceCase {
  const request = (checkpoint: Checkpoint): ReferenceRequest => randomRequest(checkpoint, options.seed ?? 1, tokens)
  return { name, make: (directory) => makeGpt2(directory, options), request, file: fixtureFile(name) }
}

function llama(name: string, options: LlamaOptions, tokens = 14): ReferenceCase {
  const request = (checkpoint: Checkpoint): ReferenceRequest => randomRequest(checkpoint, options.seed ?? 1, tokens)
  return { name, make: (directory) => makeLlama(directory, options), request, file: fixtureFile(name) }
}

const fixtureFile = (name: string): string => resolve(fixtures, `${name}.json`)

function randomRequest(checkpoint: Checkpoint, seed: number, tokens: number): ReferenceRequest {
  const random = createRandom(1000 + seed)
  const ids = Array.from({ length: tokens }, () => random.integer(checkpoint.vocabulary))
  const someNeuron = (site: Site): NeuronId => {
    const count = site === 'mlp' ? checkpoint.mlpNeurons : checkpoint.attentionNeurons
    return formatNeuron({ site, layer: random.integer(checkpoint.layers), index: random.integer(count) })
  }
  const some = (count: number): NeuronId[] => [
    ...new Set(Array.from({ length: count }, (_, i) => someNeuron(i % 2 === 0 ? 'mlp' : 'attention'))),
  ]
  const firstLayer = (site: Site, count: number): NeuronId[] =>
    Array.from({ length: count }, (_, index) => formatNeuron({ site, layer: 0, index }))
  const replaced = some(6)
  return {
    ids,
    observed: some(8),
    masks: [
      { name: 'one MLP neuron', neurons: [someNeuron('mlp')] },
      { name: 'one attention neuron', neurons: [someNeuron('attention')] },
      { name: 'many neurons of both sites', neurons: some(20) },
      { name: 'the whole MLP of layer 0', neurons: firstLayer('mlp', checkpoint.mlpNeurons) },
      { name: 'the whole attention of layer 0', neurons: firstLayer('attention', checkpoint.attentionNeurons) },
      { name: 'other values than zero', neurons: replaced, values: replaced.map((_, i) => (i - 2) / 4) },
    ],
  }
}

const plantedCase: ReferenceCase = {
  name: 'gpt2-planted',
  make: makePlantedGpt2,
  file: fixtureFile('gpt2-planted'),
  request: () => {
    const ids = ['q', 'u', 'x', 'y', '1', '2', '(', ')', '"', '1', '2', 'q', 'u', 'e', 'z', '(', ')', '!']
    const token = new Map<string, number>()
    for (const { trigger, triggerId, writes, writesId } of planted.neurons) {
      token.set(trigger, triggerId).set(writes, writesId)
    }
    const neurons = planted.neurons.map(({ neuron }) => neuron)
    return {
      // A letter outside of the plan stands for any other token: 68 is 'e', 89 is 'z'.
      ids: ids.map((character) => token.get(character) ?? (character === 'e' ? 68 : 89)),
      observed: neurons,
      masks: [
        ...planted.neurons.map(({ neuron, behaviour }) => ({ name: behaviour, neurons: [neuron] })),
        { name: 'all planted neurons', neurons },
        { name: 'a noisy neuron of each site', neurons: ['mlp:0:4', 'attention:1:18'] },
      ],
    }
  },
}

/** Every layout and habit that the readers must get right, one case each. */
export const referenceCases: readonly ReferenceCase[] = [
  plantedCase,
  gpt2('gpt2-f32', { seed: 11 }),
  gpt2('gpt2-no-prefix-mask-buffers', { seed: 12, prefix: '', maskBuffers: true, layers: 3 }),
  gpt2('gpt2-f16', { seed: 13, dtype: 'F16' }),
  gpt2('gpt2-bf16-untied', { seed: 14, dtype: 'BF16', tied: false }),
  gpt2('gpt2-odd-inner-relu', { seed: 15, inner: 37, activation: 'relu', heads: 3 }),
  gpt2('gpt2-sharded-exact-gelu', { seed: 16, dtype: 'F16', shards: 3, activation: 'gelu', prefix: '' }),
  gpt2('gpt2-full-context', { seed: 17, context: 16, epsilon: 1e-3 }, 16),
  llama('llama-f32', { seed: 21 }),
  llama('llama-grouped-tied', { seed: 22, keyValueHeads: 2, tied: true, layers: 3 }),
  llama('llama-head-width-f16', { seed: 23, dtype: 'F16', keyValueHeads: 2, headWidth: 10 }),
  llama('llama-biases-bf16', { seed: 24, dtype: 'BF16', keyValueHeads: 2, attentionBias: true, mlpBias: true }),
  llama('llama-one-key-value-head-sharded', {
    seed: 25,
    dtype: 'F16',
    keyValueHeads: 1,
    inner: 43,
    shards: 2,
    ropeTheta: 500000,
  }),
  llama('llama-rope-parameters-relu', {
    seed: 26,
    activation: 'relu',
    ropeSpelling: 'rope_parameters',
    ropeTheta: 100,
  }),
  llama('llama-full-context', { seed: 27, context: 16, epsilon: 1e-3, headWidth: 4, keyValueHeads: 2 }, 16),
]
