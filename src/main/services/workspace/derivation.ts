import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Recipe } from '../recipes/recipe-schema.ts'
import type { OpenWorkspace } from '../session/session.ts'
import type { DerivedDatasets } from './derive-datasets.ts'
import type { Change } from './document-store.ts'
import type { DocumentKind, Documents } from './documents.ts'
import { MemoryDocumentStore } from './memory-document-store.ts'
import { pathOfPlace, placeOf, type PlaceBases } from './places.ts'

/** A folder that `snip run` wrote, where documents are being derived from it: what they are read from, and those so far. */
export class Derivation {
  readonly folder: string
  readonly bases: PlaceBases
  readonly recipe: Recipe | null
  /** The folder that the recipe's paths count from. */
  readonly home: string | null
  readonly datasets: DerivedDatasets
  readonly changes: Change[] = []
  readonly store = new MemoryDocumentStore()
  readonly #at: number | null

  constructor(
    folder: string,
    bases: PlaceBases,
    recipe: Recipe | null,
    home: string | null,
    datasets: DerivedDatasets,
    at: number | null,
  ) {
    this.folder = folder
    this.bases = bases
    this.recipe = recipe
    this.home = home
    this.datasets = datasets
    this.#at = at
  }

  /** Name of the task that the roles and the cut are about: the recipe's last. */
  get task(): string | null {
    return this.recipe === null ? null : (Object.keys(this.recipe.tasks).at(-1) ?? null)
  }

  /** The recording that a recipe calls by a name. */
  recordingOf(name: string | undefined): string | null {
    const source = name === undefined ? undefined : this.recipe?.recordings[name]
    const dataset = source === undefined ? null : this.datasets.of(source)
    if (dataset === null) return null
    for (const [id, recording] of this.store.all('recording')) {
      if (recording.dataHash === dataset.document.dataHash) return id
    }
    return null
  }

  /** Adds a document, which those derived later may look at. */
  add<Kind extends DocumentKind>(kind: Kind, key: string, after: Documents[Kind]): void {
    const change = { kind, key, after } as unknown as Change
    this.changes.push(change)
    this.store.add([change])
  }

  /** As what is derived so far makes it up. */
  workspace(): OpenWorkspace {
    return {
      folder: this.folder,
      name: '',
      store: this.store,
      file: (...parts) => this.path(...parts),
      pathOf: (place) => pathOfPlace(place, this.bases),
      placeOf: (path) => placeOf(path, this.bases),
    }
  }

  path(...parts: string[]): string {
    return join(this.folder, ...parts)
  }

  /** When something was written last, in whole milliseconds since 1970. */
  timeOf(...parts: string[]): number {
    return this.#at ?? Math.round(statSync(this.path(...parts)).mtimeMs)
  }

  /** What lies in a folder of it, in order; nothing where it is not there. */
  names(...parts: string[]): string[] {
    const folder = this.path(...parts)
    return existsSync(folder) && statSync(folder).isDirectory() ? readdirSync(folder).toSorted() : []
  }
}

/** One thing that cannot be read must not keep the others away. */
export function quietly(read: () => void): void {
  try {
    read()
  } catch {
    // It stays in its folder, off the lists.
  }
}
