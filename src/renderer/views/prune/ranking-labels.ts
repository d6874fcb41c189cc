/**
 * A ranking's name with the part first that tells it from others: "SNIP: concept similarity (corrected), Forget Python"
 * becomes "Forget Python: SNIP (corrected)". A name without a task stays as it is.
 */
export function rankingLabel(name: string): string {
  const found = /^([^:(]+?)(?:: [^(]*?)?( \([^)]*\))?, ([^,]+)$/.exec(name)
  if (!found) return name
  const [, method = '', preset = '', task = ''] = found
  return `${task}: ${method}${preset}`
}
