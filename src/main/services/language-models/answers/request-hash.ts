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
