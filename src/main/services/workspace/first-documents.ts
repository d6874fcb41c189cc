import type { Change } from './document-store.ts'
import type { PlaceBases } from './places.ts'

/** The documents of a workspace without a database: from what lies in its folder. */
export async function firstDocuments(_folder: string, _bases: PlaceBases): Promise<Change[]> {
  return []
}
