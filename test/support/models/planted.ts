import type { NeuronId } from '../../../src/contract/neuron.ts'
import { writeCheckpoint, type Checkpoint } from './checkpoint.ts'
import { gpt2Config, gpt2Defaults } from './gpt2.ts'
import { idOfByte, smallVocabulary } from './tokenizer.ts'
import { tensorMaker } from './weights.ts'

/**
 * A GPT-2 with planted neurons, whose every logit is known in closed form.
 *
 * The residual stream has 32 dimensions, used as pairs (+1, -1): such a vector has mean 0, so LayerNorm only scales it.
 * Pairs 0-4 say "this is the trigger of neuron i", pair 5 "some other token", pairs 6-10 "write the token of neuron i".
 * A planted MLP neuron reads one trigger pair and adds to one write pair; a planted attention dimension averages a
 * trigger's presence over the positions so far and adds that to a write pair. lm_head reads the write pairs only: all
 * logits are 0 but those of the five written tokens.
 *
 * What holds, and is exact (bit for bit, not within a tolerance):
 * - A planted MLP neuron is 0 at every position whose token is not its trigger, so removing it changes nothing there.
 * - A planted attention dimension is 0 until its trigger has occurred, so removing it changes nothing before that.
 * - Where a neuron alone wrote, removing it leaves all logits 0: every next token has probability 1 / vocabulary.
 * - All other neurons are noisy (they fire on all kinds of tokens) but have zero rows in the output projection:
 *   removing any or all of them changes nothing anywhere.
 */
export interface PlantedNeuron {
  readonly neuron: NeuronId
  /** The token that switches it on, as text (one byte, one token) and as id. */
  readonly trigger: string
  readonly triggerId: number
  /** The token whose logit it writes: the next one after the trigger, or, for attention, at every later position. */
  readonly writes: string
  readonly writesId: number
  /** Its activation at a position whose token, and only token so far, is the trigger. */
  readonly activationAlone: number
  /** A true sentence about when it fires. */
  readonly behaviour: string
}

const width = 32
const heads = 4
const layers = 2
const inner = 24
const context = 64
const epsilon = 1e-5
const vocabulary = smallVocabulary

/** Weights: MLP reads with `gain` above `threshold`; each neuron writes `step` per unit; lm_head reads with `unembed`. */
const gain = 4
const threshold = 8
const mlpStep = 1 / 12
const attentionStep = 1 / 4
const unembed = 1.75

const otherPair = 5
const writePair = (i: number): number => 6 + i

/** What LayerNorm multiplies by, where the squares of the pairs' coefficients add up to `squares`. */
const normScale = (squares: number): number => 1 / Math.sqrt((2 * squares) / width + epsilon)

/** Reading a pair of coefficient 1 out of a residual stream that holds nothing else gives this. */
const readAlone = 2 * normScale(1)

const mlpNeuron = (layer: number, index: number, trigger: string, writes: string): PlantedNeuron => ({
  neuron: `mlp:${layer}:${index}`,
  trigger,
  triggerId: idOfByte(trigger),
  writes,
  writesId: idOfByte(writes),
  activationAlone: gain * readAlone - threshold,
  behaviour: `activates on the token '${trigger}'`,
})

/** The planted neurons; the last one is the attention dimension (layer 1, head 2, dimension 3). */
const neurons: readonly PlantedNeuron[] = [
  mlpNeuron(0, 3, 'q', 'u'),
  mlpNeuron(0, 11, 'x', 'y'),
  mlpNeuron(1, 5, '1', '2'),
  mlpNeuron(1, 20, '(', ')'),
  {
    neuron: 'attention:1:19',
    trigger: '"',
    triggerId: idOfByte('"'),
    writes: '!',
    writesId: idOfByte('!'),
    activationAlone: readAlone,
    behaviour: `activates once the token '"' has occurred, by its share of the tokens so far`,
  },
]
const attentionOrdinal = neurons.length - 1
const plantedHead = 2

export const planted = { neurons, layers, heads, headWidth: width / heads, inner, width, context, vocabulary } as const

/** Writes the checkpoint (F32, lm_head of its own, gelu_new, prefix `transformer.`). The same bytes every time. */
export function makePlantedGpt2(directory: string): Checkpoint {
  const { tensors, add, set } = tensorMaker(7, 'F32')
  /** The tensor made last, to plant values in. */
  const last = (): Float32Array => tensors.at(-1)!.values
  const zeros = (name: string, ...shape: number[]): void => {
    set(name, shape, new Float32Array(shape.reduce((product, size) => product * size, 1)))
  }
  const norm = (name: string): void => {
    set(`${name}.weight`, [width], new Float32Array(width).fill(1))
    zeros(`${name}.bias`, width)
  }

  zeros('transformer.wte.weight', vocabulary, width)
  for (let id = 0; id < vocabulary; id++) {
    const trigger = neurons.findIndex(({ triggerId }) => triggerId === id)
    plantPair(last(), id, width, trigger === -1 ? otherPair : trigger, 1)
  }
  zeros('transformer.wpe.weight', context, width)
  for (let layer = 0; layer < layers; layer++) {
    const block = `transformer.h.${layer}`
    norm(`${block}.ln_1`)
    add(`${block}.attn.c_attn.weight`, [width, 3 * width], 0.3)
    const attend = last()
    zeros(`${block}.attn.c_attn.bias`, 3 * width)
    zeros(`${block}.attn.c_proj.weight`, width, width)
    if (layer === 1) plantAttention(attend, last())
    zeros(`${block}.attn.c_proj.bias`, width)
    norm(`${block}.ln_2`)
    add(`${block}.mlp.c_fc.weight`, [width, inner], 0.3)
    const read = last()
    add(`${block}.mlp.c_fc.bias`, [inner], 0.3)
    const bias = last()
    zeros(`${block}.mlp.c_proj.weight`, inner, width)
    for (const [i, { neuron }] of neurons.entries()) {
      const [site, at, index] = neuron.split(':')
      if (site === 'mlp' && Number(at) === layer) plantMlp(i, Number(index), read, bias, last())
    }
    zeros(`${block}.mlp.c_proj.bias`, width)
  }
  norm('transformer.ln_f')
  zeros('lm_head.weight', vocabulary, width)
  for (const [i, { writesId }] of neurons.entries()) plantPair(last(), writesId, width, writePair(i), unembed)

  const options = { layers, width, heads, inner, context, vocabulary, epsilon, tied: false }
  const shape = {
    layers,
    heads,
    headWidth: width / heads,
    mlpNeurons: inner,
    attentionNeurons: width,
    vocabulary,
    context,
  }
  const config = gpt2Config(gpt2Defaults(options))
  return writeCheckpoint({ directory, family: 'gpt2', ...shape, config, tensors }, { shards: 1, tokenizer: true })
}

/** Sets one row of a [rows, columns] matrix to `value` x (+1, -1) at a pair of columns. */
function plantPair(matrix: Float32Array, row: number, columns: number, pair: number, value: number): void {
  matrix[row * columns + 2 * pair] = value
  matrix[row * columns + 2 * pair + 1] = -value
}

function plantMlp(i: number, index: number, read: Float32Array, bias: Float32Array, write: Float32Array): void {
  for (let row = 0; row < width; row++) read[row * inner + index] = 0
  read[2 * i * inner + index] = gain
  read[(2 * i + 1) * inner + index] = -gain
  bias[index] = -threshold
  plantPair(write, index, width, writePair(i), mlpStep)
}

/** Queries and keys of the planted head are 0, so it attends to all positions so far alike. */
function plantAttention(attend: Float32Array, write: Float32Array): void {
  const headWidth = width / heads
  const index = Number(neurons[attentionOrdinal]!.neuron.split(':')[2])
  for (let row = 0; row < width; row++) {
    for (let column = plantedHead * headWidth; column < (plantedHead + 1) * headWidth; column++) {
      attend[row * 3 * width + column] = 0
      attend[row * 3 * width + width + column] = 0
    }
    attend[row * 3 * width + 2 * width + index] = 0
  }
  attend[2 * attentionOrdinal * 3 * width + 2 * width + index] = 1
  attend[(2 * attentionOrdinal + 1) * 3 * width + 2 * width + index] = -1
  plantPair(write, index, width, writePair(attentionOrdinal), attentionStep)
}

/**
 * The logits of the planted model at each position, [ids.length][vocabulary], in closed form.
 *
 * With c the coefficients of the write pairs at a position, logit_i = 2 unembed c_i / sqrt(2 (1 + sum c^2) / 32 + 1e-5).
 */
export function plantedLogits(ids: readonly number[], removed: Iterable<NeuronId> = []): Float64Array[] {
  const gone = new Set(removed)
  let seen = 0
  return ids.map((id, position) => {
    const coefficients = new Float64Array(neurons.length)
    const fire = (i: number, squares: number): void => {
      coefficients[i] = mlpStep * (2 * gain * normScale(squares) - threshold)
    }
    const firing = neurons.findIndex(({ triggerId, neuron }) => triggerId === id && !gone.has(neuron))
    const firingLayer =
      firing === -1 || firing === attentionOrdinal ? null : Number(neurons[firing]!.neuron.split(':')[1])
    if (firingLayer === 0) fire(firing, 1)
    if (id === neurons[attentionOrdinal]!.triggerId) seen++
    if (!gone.has(neurons[attentionOrdinal]!.neuron)) {
      coefficients[attentionOrdinal] = (attentionStep * readAlone * seen) / (position + 1)
    }
    // The preactivation stays over 5 here, where gelu(a) = a in double precision.
    if (firingLayer === 1) fire(firing, 1 + coefficients[attentionOrdinal]! ** 2)

    const scale = normScale(coefficients.reduce((sum, c) => sum + c * c, 1))
    const logits = new Float64Array(vocabulary)
    for (const [i, { writesId }] of neurons.entries()) logits[writesId] = 2 * unembed * coefficients[i]! * scale
    return logits
  })
}

/** Natural-log probability of each next token, [ids.length - 1], in closed form. */
export function plantedLogprobs(ids: readonly number[], removed: Iterable<NeuronId> = []): number[] {
  const logits = plantedLogits(ids, removed)
  return ids.slice(1).map((next, position) => {
    const row = logits[position]!
    return row[next]! - Math.log(row.reduce((sum, logit) => sum + Math.exp(logit), 0))
  })
}
