import { conceptStatuses } from '../../../contract/workbench/neurons.ts'
import type { ReviewFilter } from '../../../contract/workbench/review.ts'
import { breathe } from '../breathe.ts'
import type { NeuronData } from '../neurons/neuron-tables.ts'

/** Rows gone through without letting others in: a few milliseconds. */
const rowsTogether = 20_000

/** Rows of the neuron table that pass a filter, in the order of the table. */
export async function filterNeurons(
  { evidence, concepts }: Pick<NeuronData, 'evidence' | 'concepts'>,
  filter: ReviewFilter,
): Promise<Uint32Array> {
  const words = (filter.text ?? '').trim().toLowerCase().split(/\s+/).filter(Boolean)
  const idStart = words.length === 1 && /^(mlp|attention)(:|$)/.test(words[0]!) ? words[0]! : null
  // Half the time of lower-casing every concept.
  const patterns = words.map((word) => literally(word, 'i'))
  const wanted = statusCodes(filter.statuses)
  const named = filter.neurons === undefined ? null : new Set(filter.neurons.map((neuron) => evidence.rowOf(neuron)))
  const found = new Uint32Array(evidence.rows)
  let count = 0
  for (const { site, layer, first, width } of evidence.layout) {
    if (filter.site !== undefined && site !== filter.site) continue
    for (let row = first; row < first + width; row++) {
      if ((row - first) % rowsTogether === rowsTogether - 1) await breathe()
      if (wanted !== null && wanted[concepts.status[row]!] !== 1) continue
      if (named !== null && !named.has(row)) continue
      if (words.length > 0) {
        const isNamed = idStart !== null && `${site}:${layer}:${row - first}`.startsWith(idStart)
        if (!isNamed && !holdsAll(concepts.texts[row] ?? '', patterns)) continue
      }
      found[count++] = row
    }
  }
  return found.subarray(0, count)
}

/** 1 at the codes of the statuses that are asked for; null when all are. */
function statusCodes(statuses: ReviewFilter['statuses']): Uint8Array | null {
  if (statuses === undefined) return null
  const wanted = new Uint8Array(conceptStatuses.length)
  for (const status of statuses) wanted[conceptStatuses.indexOf(status)] = 1
  return wanted
}

function holdsAll(concept: string, words: readonly RegExp[]): boolean {
  if (concept === '') return false
  for (const word of words) if (!word.test(concept)) return false
  return true
}

/** A pattern for a text as it stands. */
export function literally(text: string, flags: string): RegExp {
  return new RegExp(text.replaceAll(/[$()*+.?[\\\]^{|}/]/g, String.raw`\$&`), flags)
}
