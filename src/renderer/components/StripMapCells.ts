/** A run of rows: `width` neurons of one site and layer, from row `first`. */
export interface StripRun {
  readonly site: string
  readonly layer: number
  readonly first: number
  readonly width: number
}

/** Rows of the neuron table from `from` up to but not with `to`, all of one run. */
export interface StripBrush {
  readonly from: number
  readonly to: number
}

export interface StripCells {
  /** Cells per run; the last of a run may hold fewer neurons. */
  readonly perRun: readonly number[]
  /** Neurons per cell of each run. */
  readonly neurons: readonly number[]
  /** Largest value of each cell, run after run; NaN where none of its neurons has one. */
  readonly values: Float32Array
  /** First cell of each run in `values`. */
  readonly starts: readonly number[]
  readonly low: number
  readonly high: number
}

/** Gathers a column into at most `most` cells a run, each with the largest value among its neurons. */
export function gatherCells(runs: readonly StripRun[], column: ArrayLike<number>, most: number): StripCells {
  const neurons = runs.map((run) => Math.max(1, Math.ceil(run.width / Math.max(1, most))))
  const perRun = runs.map((run, i) => Math.ceil(run.width / neurons[i]!))
  const starts: number[] = []
  let cells = 0
  for (const count of perRun) {
    starts.push(cells)
    cells += count
  }
  const values = new Float32Array(cells).fill(Number.NaN)
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  runs.forEach((run, i) => {
    const size = neurons[i]!
    for (let offset = 0; offset < run.width; offset++) {
      const value = column[run.first + offset]!
      if (!Number.isFinite(value)) continue
      const cell = starts[i]! + Math.floor(offset / size)
      const held = values[cell]!
      if (!(held >= value)) values[cell] = value
    }
  })
  for (const value of values) {
    if (!Number.isFinite(value)) continue
    if (value < low) low = value
    if (value > high) high = value
  }
  if (low > high) return { perRun, neurons, values, starts, low: Number.NaN, high: Number.NaN }
  return { perRun, neurons, values, starts, low, high }
}

/** Rows of a stretch of cells of one run, `to` exclusive. */
export function rowsOfCells(
  runs: readonly StripRun[],
  cells: StripCells,
  run: number,
  one: number,
  other: number,
): { from: number; to: number } {
  const { first, width } = runs[run]!
  const size = cells.neurons[run]!
  const from = first + Math.min(one, other) * size
  const to = Math.min(first + width, first + (Math.max(one, other) + 1) * size)
  return { from, to }
}

/** Share of the scale from 0 to 1; square root where nothing is negative, so that small values stay visible. */
export function shareOfScale(value: number, low: number, high: number): number {
  if (!(high > low)) return 1
  const share = (value - low) / (high - low)
  return low >= 0 ? Math.sqrt(share) : share
}

/**
 * The layers of the sites of which the column says anything: a ranking may leave a whole site out, but a layer of which nothing is ranked
 * yet has its place among the others. All of them when it says nothing at all.
 */
export function runsWithValues(runs: readonly StripRun[], column: ArrayLike<number>): readonly StripRun[] {
  const sites = new Set<StripRun['site']>()
  for (const { site, first, width } of runs) {
    for (let row = first; row < first + width && !sites.has(site); row++) {
      if (Number.isFinite(column[row])) sites.add(site)
    }
  }
  return sites.size === 0 ? runs : runs.filter(({ site }) => sites.has(site))
}
