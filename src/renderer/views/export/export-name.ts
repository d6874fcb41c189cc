/** A file name for an export of a plan that is not among `taken`: "snip-paper-k192-compact". */
export function suggestedName(
  title: string,
  k: number | null,
  realisation: string,
  taken: readonly string[] = [],
): string {
  const plan = title.split(', k =')[0]!
  const whole = slugOf(plan)
  // "SNIP: concept similarity (corrected)" keeps what tells it apart: "snip-corrected".
  const words = whole.length <= mostWords ? whole : wordsWithin(slugOf(plan.replace(/: [^(,]*/, ' ')))
  const parts = [words === '' ? 'pruned' : words, ...(k === null ? [] : [`k${k}`]), realisation]
  const name = parts.join('-')
  let free = name
  for (let number = 2; taken.includes(free); number++) free = `${name}-${number}`
  return free
}

const mostWords = 32

function slugOf(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
}

/** Whole words of a name, as many as fit; a single word that is too long is cut. */
function wordsWithin(slug: string): string {
  if (slug.length <= mostWords) return slug
  const end = slug.lastIndexOf('-', mostWords)
  return slug.slice(0, end > 0 ? end : mostWords)
}

/** What is wrong with a file name, with what to do; null when it is good. */
export function problemOfName(name: string): string | null {
  if (name.trim() === '') return 'Give the file a name.'
  if (!/^[A-Za-z0-9._-]+$/.test(name)) return 'Use letters, digits, dot, dash and underscore only.'
  if (/^\.+$/.test(name)) return 'Give a name that is more than dots.'
  return name.length > 120 ? 'Use at most 120 characters.' : null
}
