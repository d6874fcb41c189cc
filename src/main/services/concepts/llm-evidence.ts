import { SnipError } from '../../../contract/failure.ts'
import type { NeuronId } from '../../../contract/neuron.ts'
import type { EvidenceWindow, NeuronEvidence } from '../../../core/concepts/evidence.ts'
import { decodeFloat32 } from '../../engine-host/client/bulk.ts'
import type { ModelReference } from '../engine/engine.ts'
import type { Models } from '../models/models.ts'

/** Neurons that are asked for at once, some 12 MB: answers of a language model take hours, and the engine has other work meanwhile. */
const neuronsPerCall = 1024
/** The engine is killed when a job of others is cancelled: that is no reason to give up here. */
const mostStarts = 5

/** Where evidence is gathered from. */
export interface EvidencePlace {
  readonly model: ModelReference
  /** Folder of the recording. */
  readonly recording: string
  readonly seed: number
}

/** What explainers see of neurons, in the order given, gathered as it is read. */
export async function* evidenceOf(
  models: Models,
  place: EvidencePlace,
  neurons: readonly NeuronId[],
  signal: AbortSignal,
): AsyncGenerator<NeuronEvidence> {
  let done = 0
  for (let start = 1; done < neurons.length; start++) {
    const group = neurons.slice(done, done + neuronsPerCall)
    try {
      for await (const evidence of groupOf(models, place, group, signal)) {
        yield evidence
        done++
        start = 1
      }
    } catch (error) {
      if (!(error instanceof SnipError) || error.kind !== 'host-died' || start >= mostStarts) throw error
    }
  }
}

async function* groupOf(
  models: Models,
  { model, recording, seed }: EvidencePlace,
  neurons: readonly NeuronId[],
  signal: AbortSignal,
): AsyncGenerator<NeuronEvidence> {
  const { handle } = await models.open(model, signal)
  const request = { handle, directory: recording, neurons: [...neurons], seed }
  const tokens = new Map<number, readonly string[]>()
  let at = 0
  for await (const event of await models.engine.client.evidence(request, { signal })) {
    for (const window of event.windows) tokens.set(window.window, window.tokens)
    for (const { neuron, top, random, activations } of event.neurons) {
      if (neuron !== neurons[at]) throw new SnipError('internal', `Evidence of ${neuron} came for ${neurons[at]}`)
      at++
      const values = decodeFloat32(activations)
      let from = 0
      const windowOf = (window: number): EvidenceWindow => {
        const texts = tokens.get(window) ?? []
        from += texts.length
        return { tokens: texts, activations: values.subarray(from - texts.length, from), number: window }
      }
      yield { neuron, top: top.map(windowOf), random: random.map(windowOf) }
    }
  }
  if (at < neurons.length) throw new SnipError('internal', `Evidence ended after ${at} of ${neurons.length} neurons`)
}
