import { SnipError } from '../../contract/failure.ts'
import { formatNeuron, parseNeuron, type NeuronId, type Site } from '../../contract/neuron.ts'
import { isJsonObject, parseJsonText } from '../data/formats/json-text.ts'

/** Neurons that another program chose. */
export interface NeuronSelection {
  readonly format: string
  readonly neurons: readonly NeuronId[]
}

const mostNeurons = 10_000_000

/**
 * Reads a set of neurons: our plan file, a list of our ids, or a dictionary from places to indices as SNIP's code keeps it
 * ({"blocks.3.mlp.hook_post": [117, 5]}, {"transformer.h.3.mlp.act": [...]}, {"3": [...]}). Keys may be TransformerLens hooks, Hugging Face
 * module paths or plain layer numbers; places of attention outputs name the attention site. Doubles count once. Throws `bad-data` naming the key.
 */
export function readNeuronSelection(text: string, name: string): NeuronSelection {
  const parsed = parseJsonText(text.replace(/^\uFEFF/, '').trim())
  if (!parsed.ok) {
    throw bad(name, 'is not JSON', 'A pickled dictionary must be saved as JSON first: json.dump(d, f).')
  }
  const { value } = parsed
  if (Array.isArray(value)) return { format: 'ids', neurons: ids(value, name) }
  if (!isJsonObject(value)) throw bad(name, 'holds no neurons')
  if (Array.isArray(value['neurons'])) return { format: 'plan', neurons: ids(value['neurons'] as unknown[], name) }
  const neurons: NeuronId[] = []
  const seen = new Set<NeuronId>()
  for (const [key, indices] of Object.entries(value)) {
    const place = placeOf(key)
    if (place === null) throw bad(name, `has the key ${JSON.stringify(key.slice(0, 100))}, which names no layer`)
    if (!Array.isArray(indices)) throw bad(name, `has no list of indices under ${JSON.stringify(key.slice(0, 100))}`)
    for (const index of indices as unknown[]) {
      if (typeof index !== 'number' || !Number.isInteger(index) || index < 0 || index > 1e9) {
        throw bad(
          name,
          `has ${(JSON.stringify(index) ?? 'nothing').slice(0, 40)} among the indices of ${JSON.stringify(key.slice(0, 100))}`,
        )
      }
      const id = formatNeuron({ ...place, index })
      if (seen.has(id)) continue
      seen.add(id)
      neurons.push(id)
      if (neurons.length > mostNeurons) throw bad(name, `names more than ${mostNeurons} neurons`)
    }
  }
  return { format: 'dictionary by layer', neurons }
}

const attentionPlace = /attn|attention|hook_z|o_proj|out_proj/

function placeOf(key: string): { site: Site; layer: number } | null {
  const numbers = [...key.matchAll(/(?<![\p{L}\d])\d+(?![\p{L}\d])/gu)]
  const layer = numbers.length === 1 ? Number(numbers[0]![0]) : Number.NaN
  if (!Number.isInteger(layer) || layer > 1e6) return null
  return { site: attentionPlace.test(key) ? 'attention' : 'mlp', layer }
}

function ids(values: readonly unknown[], name: string): NeuronId[] {
  const seen = new Set<NeuronId>()
  for (const value of values) {
    const neuron = typeof value === 'string' ? parseNeuron(value) : null
    if (neuron === null)
      throw bad(
        name,
        `has ${(JSON.stringify(value) ?? 'nothing').slice(0, 100)} where an id such as "mlp:3:117" is expected`,
      )
    seen.add(formatNeuron(neuron))
  }
  return [...seen]
}

function bad(
  name: string,
  what: string,
  remedy = 'Known are a plan file, a list of ids, and a dictionary from layers to lists of indices.',
): SnipError {
  return new SnipError('bad-data', `${name} ${what}`, { remedy })
}
