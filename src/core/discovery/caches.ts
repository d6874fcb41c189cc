import type { ModelValue } from '../onnx/model-graph.ts'
import type { AttentionCore } from './attention.ts'
import { isLayout, isNeutral } from './constants.ts'
import type { DiscoveredCache } from './discovered-model.ts'
import { isMicrosoft, isOp, type GraphScope } from './graph-scope.ts'

/** Key-value caches that a graph's attentions read, in the order of their layers. `presentOf` names the output of a value. */
export function findCaches(
  scope: GraphScope,
  cores: readonly AttentionCore[],
  presentOf: (value: string) => string | null,
): DiscoveredCache[] {
  const caches: DiscoveredCache[] = []
  for (const [layer, core] of cores.entries()) {
    if (core.past) {
      const isStacked = core.past.key === core.past.value
      for (const kind of isStacked ? (['key'] as const) : (['key', 'value'] as const)) {
        const input = pastInput(scope, core.past[kind])?.input
        if (!input) continue
        const present = core.present && presentOf(core.present[kind])
        caches.push(cacheOf(layer, isStacked ? 'stacked' : kind, input, present ?? null))
      }
      continue
    }
    const key = pastInput(scope, core.key)
    const value = pastInput(scope, core.value)
    if (key && value && key.input.name === value.input.name) {
      caches.push(cacheOf(layer, 'stacked', key.input, null))
      continue
    }
    if (key) caches.push(cacheOf(layer, 'key', key.input, presentOf(key.joined)))
    if (value) caches.push(cacheOf(layer, 'value', value.input, presentOf(value.joined)))
  }
  return caches
}

function cacheOf(
  layer: number,
  kind: DiscoveredCache['kind'],
  input: ModelValue,
  present: string | null,
): DiscoveredCache {
  const { name, type, dims } = input
  const isStacked = kind === 'stacked'
  const heads = dims?.[isStacked ? 2 : 1]
  const headWidth = dims?.[dims.length - 1]
  return {
    layer,
    kind,
    past: name,
    present,
    type,
    dims,
    headCount: typeof heads === 'number' ? heads : null,
    headWidth: typeof headWidth === 'number' ? headWidth : null,
  }
}

/** The input of the model that is joined with the newest keys or values, and the value that holds both. */
function pastInput(scope: GraphScope, start: string): { input: ModelValue; joined: string } | null {
  const queue: { value: string; joined: string }[] = [{ value: start, joined: start }]
  const seen = new Set<string>()
  while (queue.length > 0 && seen.size < 200) {
    const { value, joined } = queue.shift()!
    if (value === '' || seen.has(value)) continue
    seen.add(value)
    const input = scope.modelInput(value)
    if (input) {
      // Only a tensor of numbers by head and position is a cache.
      if ((input.dims?.length ?? 4) >= 3 && [1, 10, 16].includes(input.type)) return { input, joined }
      continue
    }
    const from = scope.produced(value)
    if (!from) continue
    const { made } = from
    if (isOp(made, 'Concat')) for (const part of made.inputs) queue.push({ value: part, joined: value })
    else if (
      isNeutral(made.op) ||
      isLayout(made.op) ||
      isOp(made, 'Expand', 'Gather', 'Split', 'Slice', 'Mul', 'Div')
    ) {
      queue.push({ value: made.inputs[0] ?? '', joined })
    } else if (isMicrosoft(made, 'RotaryEmbedding') || isOp(made, 'RotaryEmbedding')) {
      queue.push({ value: made.inputs[0] ?? '', joined })
    } else if (isOp(made, 'Add')) for (const part of made.inputs) queue.push({ value: part, joined })
  }
  return null
}
