import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { formatNeuron, type NeuronId, type Site } from '../../src/contract/neuron.ts'
import { createRandom } from '../../src/core/stats/random.ts'
import type { Checkpoint } from '../support/models/checkpoint.ts'
import { readReference, referenceCases } from '../support/models/reference-cases.ts'
import type { TestHost } from './host.ts'

/** Writes the checkpoint of a reference case below a folder. */
export function writeCase(work: string, name: string): { checkpoint: Checkpoint; ids: number[] } {
  const reference = referenceCases.find((candidate) => candidate.name === name)!
  const directory = join(work, name)
  mkdirSync(directory, { recursive: true })
  return { checkpoint: reference.make(directory), ids: [...readReference(reference).ids] }
}

/** Opens a model on the CPU with one thread. */
export async function openHandle(host: TestHost, path: string, threads = 1, tokenizer: string | null = null) {
  return host.client.open({ path, tokenizer, threads, provider: 'cpu' })
}

/** Every neuron of one layer and site. */
export function wholeLayer(checkpoint: Checkpoint, site: Site, layer: number): NeuronId[] {
  const count = site === 'mlp' ? checkpoint.mlpNeurons : checkpoint.attentionNeurons
  return Array.from({ length: count }, (_, index) => formatNeuron({ site, layer, index }))
}

/** The neurons of some heads of a layer's attention. */
export function wholeHeads(checkpoint: Checkpoint, layer: number, heads: readonly number[]): NeuronId[] {
  const { headWidth } = checkpoint
  return heads.flatMap((head) =>
    Array.from({ length: headWidth }, (_, dimension) =>
      formatNeuron({ site: 'attention', layer, index: head * headWidth + dimension }),
    ),
  )
}

/** The plans that every family must realise exactly, by name. */
export function plansOf(checkpoint: Checkpoint): Record<string, NeuronId[]> {
  const { layers, heads, mlpNeurons, attentionNeurons, config } = checkpoint
  const random = createRandom(5)
  const last = layers - 1
  const keyValueHeads = (config['num_key_value_heads'] as number | undefined) ?? heads
  const group = heads / keyValueHeads
  const some = (site: Site, layer: number, width: number): NeuronId[] =>
    random.sample(width, 3).map((index) => formatNeuron({ site, layer, index }))
  const few = Array.from({ length: layers }, (_, layer) => [
    ...some('mlp', layer, mlpNeurons),
    ...some('attention', layer, attentionNeurons),
  ]).flat()
  const layerNumbers = Array.from({ length: layers }, (_, layer) => layer)
  const secondGroup = Array.from({ length: group }, (_, i) => (keyValueHeads > 1 ? group : 0) + i)
  return {
    'no neuron': [],
    'a few neurons of both sites': few,
    'one whole head': wholeHeads(checkpoint, last, [1]),
    'one whole key-value group and parts of another head': [
      ...new Set([...wholeHeads(checkpoint, 0, secondGroup), 'attention:0:1', 'attention:0:2']),
    ],
    'the whole MLP of a layer': wholeLayer(checkpoint, 'mlp', last),
    'the whole attention of a layer': wholeLayer(checkpoint, 'attention', 0),
    'all neurons': layerNumbers.flatMap((layer) => [
      ...wholeLayer(checkpoint, 'mlp', layer),
      ...wholeLayer(checkpoint, 'attention', layer),
    ]),
  }
}
