/** A file name for an export of a plan: "snip-paper-k192-compact". */
export function suggestedName(title: string, k: number | null, realisation: string): string {
  const words = title
    .split(', k =')[0]!
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 48)
    .replace(/-+$/, '')
  const parts = [words === '' ? 'pruned' : words, ...(k === null ? [] : [`k${k}`]), realisation]
  return parts.join('-')
}

/** What is wrong with a file name, with what to do; null when it is good. */
export function problemOfName(name: string): string | null {
  if (name.trim() === '') return 'Give the file a name.'
  if (!/^[A-Za-z0-9._-]+$/.test(name)) return 'Use letters, digits, dot, dash and underscore only.'
  if (/^\.+$/.test(name)) return 'Give a name that is more than dots.'
  return name.length > 120 ? 'Use at most 120 characters.' : null
}
