import type { SweepLine } from '../../services/sweeps/sweep.ts'

/** A line without the values per unit, which stand in points.jsonl. */
export function shortenLine({ results, ...line }: SweepLine) {
  return {
    ...line,
    results: Object.fromEntries(
      Object.entries(results).map(([name, result]) => {
        if (!result.ok) return [name, result]
        const { value, n, ci } = result
        return [name, { ok: true, value, n, ci }]
      }),
    ),
  }
}
