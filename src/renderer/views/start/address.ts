/** The first http address in a sentence, without the stop behind it; null when there is none. */
export function addressIn(text: string): string | null {
  const found = /https?:\/\/[^\s"'<>]+/.exec(text)?.[0].replace(/[.,;:)]+$/, '')
  if (found === undefined) return null
  try {
    return new URL(found).href
  } catch {
    return null
  }
}
