const longest = 160

/** A text without a key, and without anything that looks like one. */
export function withoutKey(text: string, key: string | null): string {
  const own = key === null || key.length < 4 ? text : text.replaceAll(key, '[key]')
  return own.replace(/\b(?:sk|pk|rk|hf|gsk|xai)[-_][-_A-Za-z0-9.*]{6,}/g, '[key]')
}

/** A server's words as part of a sentence: one short line without marks that control a terminal, and without keys. */
export function quoted(text: string, key: string | null): string {
  const line = withoutKey(text, key)
    .replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim()
  return line.length > longest ? `${line.slice(0, longest)}…` : line
}
