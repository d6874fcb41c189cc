import { useQuery } from '@tanstack/react-query'
import { useRpc } from '../../rpc/rpc-context.tsx'
import { type LayerCounter, type LayerRows, layerCounter } from './layer-counts.ts'

/** The order in which a ranking prunes, loaded once as typed arrays. */
export interface PruningOrder {
  readonly id: string
  /** Grows when pins or the ranking change. */
  readonly revision: number
  /** Rows of the neuron table, best candidate first. */
  readonly rows: Uint32Array
  readonly scores: Float32Array
  readonly pinnedAlways: number
  readonly neuronCount: number
}

/** Loads a ranking's order; null has none. Asked for again when pins or rankings change. */
export function usePruningOrder(ranking: string | null) {
  const { client, orpc } = useRpc()
  return useQuery<PruningOrder>({
    queryKey: [...orpc.rankings.order.key(), 'pruning', ranking],
    queryFn: async ({ signal }) => {
      const order = await client.rankings.order({ id: ranking ?? '' }, { signal })
      const [rows, scores] = await Promise.all([order.rows.arrayBuffer(), order.scores.arrayBuffer()])
      const { id, revision, pinnedAlways, neuronCount } = order
      return { id, revision, rows: new Uint32Array(rows), scores: new Float32Array(scores), pinnedAlways, neuronCount }
    },
    enabled: ranking !== null,
    structuralSharing: false,
    // The slider stays where it is while a new order is on its way.
    placeholderData: (held) => (held?.id === ranking ? held : undefined),
  })
}

/** Reads the layers of an order; worth keeping, because it looks at every neuron. */
export function countLayers(order: PruningOrder, layers: readonly LayerRows[]): LayerCounter {
  return layerCounter(order.rows, layers)
}
