import { Derivation } from './derivation.ts'
import { DerivedDatasets } from './derive-datasets.ts'
import { deriveExplanations, deriveForgetConcepts, derivePins, deriveRecordings } from './derive-evidence.ts'
import { deriveCut, deriveExports, derivePlans, deriveRankings, deriveSweeps } from './derive-results.ts'
import type { Change } from './document-store.ts'
import type { PlaceBases } from './places.ts'
import { readRecipeRecord } from './recipe-record.ts'

/**
 * The documents of a folder that `snip run` or `snip demo` wrote: its recordings, concepts, rankings, plans, sweeps and
 * exports; with recipe.json also its data sets and what each is used for. What is damaged or unfinished is left out.
 */
export async function deriveDocuments(
  folder: string,
  bases: PlaceBases,
  {
    at = null,
  }: { /** Milliseconds since 1970 in place of when each file was written. */ readonly at?: number | null } = {},
): Promise<Change[]> {
  const record = readRecipeRecord(folder)
  const datasets = record ? await DerivedDatasets.read(record.recipe, record.home, bases) : new DerivedDatasets()
  const derivation = new Derivation(folder, bases, record?.recipe ?? null, record?.home ?? null, datasets, at)
  for (const { id, document } of datasets.all) derivation.add('dataset', id, document)
  deriveRecordings(derivation)
  deriveExplanations(derivation)
  deriveForgetConcepts(derivation)
  derivePins(derivation)
  deriveRankings(derivation)
  derivePlans(derivation)
  deriveSweeps(derivation)
  deriveExports(derivation)
  deriveCut(derivation)
  return derivation.changes
}
