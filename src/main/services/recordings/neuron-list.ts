import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { SnipError } from '../../../contract/failure.ts'
import { formatNeuron, parseNeuron, type NeuronId } from '../../../contract/neuron.ts'
import { parseRanking } from '../../../core/ranking/ranking-file.ts'
import type { RecordingReader } from '../../../core/recording/recording-reader.ts'
import { describeRange, findNeuron, neuronsOf, type NeuronSpace } from '../../../core/ranking/neuron-space.ts'
import { fileError } from '../../files/write-aside.ts'

/**
 * Neurons that a file lists, in its order, each once: one id a line, a JSON array of ids, a plan, or a ranking.jsonl.
 * Throws `bad-file` naming the line, or the neuron that `space` does not have.
 */
export function readNeuronList(path: string, space: NeuronSpace): NeuronId[] {
  let text: string
  try {
    text = readFileSync(path, 'utf8').replace(/^\uFEFF/, '')
  } catch (error) {
    throw fileError(error, path, 'read')
  }
  const name = basename(path)
  const ids = [...new Set(parseList(text, name))]
  if (ids.length === 0) throw new SnipError('bad-file', `${name} lists no neuron`, { remedy: listRemedy })
  for (const id of ids) {
    const neuron = parseNeuron(id)
    if (neuron === null) {
      throw new SnipError('bad-file', `${name}: ${JSON.stringify(id)} names no neuron`, { remedy: listRemedy })
    }
    if (findNeuron(space, neuron) === null) {
      throw new SnipError('bad-file', `${name} names neuron ${id}, but ${describeRange(space, neuron)}`, {
        remedy: 'List neurons that were recorded.',
      })
    }
  }
  return ids
}

const listRemedy = 'List one neuron a line, for instance mlp:3:117, or give a JSON array or a ranking.'

function parseList(text: string, name: string): string[] {
  const start = text.trimStart()
  if (start.startsWith('[')) return parseJsonList(text, name)
  if (start.startsWith('{')) return parseObject(text, name)
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '')
}

function parseJsonList(text: string, name: string): string[] {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    throw new SnipError('bad-file', `${name} is not JSON`, { remedy: listRemedy })
  }
  if (Array.isArray(json) && json.every((id): id is string => typeof id === 'string')) return json
  throw new SnipError('bad-file', `${name} is no array of neuron ids`, { remedy: listRemedy })
}

/** A plan is one JSON object with neurons; a ranking has one object a line. */
function parseObject(text: string, name: string): string[] {
  try {
    const json = JSON.parse(text) as { neurons?: unknown }
    if (Array.isArray(json.neurons)) return parseJsonList(JSON.stringify(json.neurons), name)
  } catch (error) {
    if (error instanceof SnipError) throw error
  }
  return parseRanking(text, name).neurons.map(({ neuron }) => neuron)
}

/**
 * The `count` neurons of a recording whose activation peaks most above its usual size: largest max / rms, with ties to
 * the lower layer, then the lower index. A neuron that never fires counts as 0.
 */
export function peakiestNeurons(reader: RecordingReader, count: number): NeuronId[] {
  const { max, rms } = reader.statistics()
  const neurons = Array.from(neuronsOf(reader.space))
  if (count > neurons.length) {
    throw new SnipError('bad-argument', `--top ${count} is more than the ${neurons.length} neurons of the recording`, {
      remedy: `Use ${neurons.length} or less.`,
    })
  }
  const peak = (at: number) => ((rms[at] as number) > 0 ? (max[at] as number) / (rms[at] as number) : 0)
  const order = neurons.map((neuron, at) => ({ neuron, at, peak: peak(at) }))
  order.sort(
    (a, b) => b.peak - a.peak || a.neuron.layer - b.neuron.layer || a.neuron.index - b.neuron.index || a.at - b.at,
  )
  return order.slice(0, count).map(({ neuron }) => formatNeuron(neuron))
}

/** Every neuron of a recording, in the order of the neuron space. */
export function allNeurons(space: NeuronSpace): NeuronId[] {
  return Array.from(neuronsOf(space), formatNeuron)
}
