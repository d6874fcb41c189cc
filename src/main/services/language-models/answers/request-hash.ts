import { canonicalJson, sha256 } from '../../jobs/canonical-json.ts'

/** What names a request: the same question to the same model at the same address has the same hash. */
export function requestHash(
  baseUrl: string,
  model: string,
  kind: 'chat' | 'completion' | 'embedding',
  request: unknown,
): string {
  return sha256(canonicalJson({ baseUrl, model, kind, request }))
}

/** What names a request that asks for many at once. */
export function hashTogether(hashes: readonly string[]): string {
  return sha256(hashes.join(' '))
}

/** The same of texts to be embedded, for very many of them. */
export function textHasher(baseUrl: string, model: string): (text: string) => string {
  // The text is the last of the values, in the order of their keys.
  const before = canonicalJson({ baseUrl, model, kind: 'embedding', request: '' }).slice(0, -'""}'.length)
  return (text) => sha256(before, `${JSON.stringify(text)}}`)
}
