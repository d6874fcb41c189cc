/** How far two raters agree beyond chance. */
export interface Agreement {
  /** Items that both rated. */
  readonly n: number
  /** Items rated alike. */
  readonly same: number
  /** Cohen's kappa, (p_o - p_e) / (1 - p_e); null when chance alone would agree always, or nothing was rated. */
  readonly kappa: number | null
}

/** Cohen's kappa of two raters' labels of the same items (Cohen 1960). Both lists have one label an item, in the same order. */
export function cohenKappa(first: readonly string[], second: readonly string[]): Agreement {
  const n = Math.min(first.length, second.length)
  const counts = new Map<string, { first: number; second: number }>()
  const of = (label: string) => {
    const known = counts.get(label)
    if (known) return known
    const fresh = { first: 0, second: 0 }
    counts.set(label, fresh)
    return fresh
  }
  let same = 0
  for (let i = 0; i < n; i++) {
    of(first[i]!).first++
    of(second[i]!).second++
    if (first[i] === second[i]) same++
  }
  let byChance = 0
  for (const label of counts.values()) byChance += (label.first / n) * (label.second / n)
  if (n === 0 || byChance >= 1) return { n, same, kappa: null }
  return { n, same, kappa: (same / n - byChance) / (1 - byChance) }
}
