/** Neurons of one site and layer that stand in rows from `first` on. */
export interface LayerRows {
  readonly site: 'mlp' | 'attention'
  readonly layer: number
  readonly first: number
  readonly width: number
}

/** Positions between two kept counts: the memory of a table of all of them would grow with neurons times layers. */
const stride = 512

/** Counts, for every k, how many of the first k neurons of an order lie in each layer. */
export interface LayerCounter {
  readonly layers: readonly LayerRows[]
  /** Counts in the order of `layers`, for the first `k`, then those of no layer. Steps over fewer than 512 rows. */
  readonly countsAt: (k: number) => Uint32Array
  /** Counts of the whole order. */
  readonly total: Uint32Array
}

/** Reads the order once; a count after that costs the same whatever k is. */
export function layerCounter(rows: Uint32Array, layers: readonly LayerRows[]): LayerCounter {
  const layerOfRow = rowsToLayers(layers)
  const width = layers.length + 1
  const kept = new Uint32Array((Math.floor(rows.length / stride) + 1) * width)
  const running = new Uint32Array(width)
  for (let position = 0; position < rows.length; position++) {
    if (position % stride === 0) kept.set(running, (position / stride) * width)
    const layer = layerOfRow[rows[position] ?? 0] ?? layers.length
    running[layer] = (running[layer] ?? 0) + 1
  }
  if (rows.length % stride === 0) kept.set(running, (rows.length / stride) * width)
  return {
    layers,
    total: running,
    countsAt(k) {
      const upTo = Math.min(Math.max(k, 0), rows.length)
      const block = Math.floor(upTo / stride)
      const counts = kept.slice(block * width, (block + 1) * width)
      for (let position = block * stride; position < upTo; position++) {
        const layer = layerOfRow[rows[position] ?? 0] ?? layers.length
        counts[layer] = (counts[layer] ?? 0) + 1
      }
      return counts
    },
  }
}

function rowsToLayers(layers: readonly LayerRows[]): Uint16Array {
  const end = layers.reduce((most, layer) => Math.max(most, layer.first + layer.width), 0)
  const layerOfRow = new Uint16Array(end)
  layers.forEach((layer, index) => layerOfRow.fill(index, layer.first, layer.first + layer.width))
  return layerOfRow
}
