import { basename, extname, resolve } from 'node:path'
import type { Mapping, Role } from '../../../contract/workbench/datasets.ts'
import { canonicalJson } from '../jobs/canonical-json.ts'
import { loadData } from '../data-in-use/data-in-use.ts'
import { readDataset, type ReadDatasetOptions } from '../datasets/index.ts'
import type { Recipe, RecipeData } from '../recipes/recipe-schema.ts'
import { quietTask } from '../task.ts'
import type { Documents } from './documents.ts'
import { placeOf, type PlaceBases } from './places.ts'

/** A data set that a recipe names. */
export interface DerivedDataset {
  readonly id: string
  readonly document: Documents['dataset']
}

/** What identifies one use of a data file: its mapping, but not what it is used for. */
function sourceKey({ data, split, textColumn, where, sample, sampleSeed }: RecipeData): string {
  return canonicalJson({ data, split, textColumn, where, sample, sampleSeed })
}

/**
 * The data sets of a recipe, by `sourceKey`. Roles are those of its last task: with several, one data set would be both
 * forgotten and kept. Files that cannot be read are left out.
 */
export class DerivedDatasets {
  readonly #bySource = new Map<string, DerivedDataset>()

  get all(): DerivedDataset[] {
    return [...this.#bySource.values()]
  }

  of(source: RecipeData): DerivedDataset | null {
    return this.#bySource.get(sourceKey(source)) ?? null
  }

  byHash(dataHash: string): DerivedDataset | null {
    return this.all.find(({ document }) => document.dataHash === dataHash) ?? null
  }

  static async read(recipe: Recipe, home: string, bases: PlaceBases): Promise<DerivedDatasets> {
    const found = new DerivedDatasets()
    const taken = new Set<string>()
    for (const [source, roles] of sourcesOf(recipe).values()) {
      const document = await readOne(source, [...roles], recipe.seed, home, bases)
      if (document === null) continue
      let id = document.name.replaceAll(/[^\w-]+/g, '-').slice(0, 48)
      for (let number = 2; taken.has(id); number++) id = `${document.name}-${number}`
      taken.add(id)
      found.#bySource.set(sourceKey(source), { id, document })
    }
    return found
  }
}

function sourcesOf(recipe: Recipe): Map<string, readonly [RecipeData, Set<Role>]> {
  const sources = new Map<string, readonly [RecipeData, Set<Role>]>()
  const add = (source: RecipeData, role: Role | null) => {
    const key = sourceKey(source)
    const known = sources.get(key) ?? ([source, new Set<Role>()] as const)
    sources.set(key, known)
    if (role !== null) known[1].add(role)
  }
  const tasks = Object.values(recipe.tasks)
  const last = tasks.at(-1)
  const explained = new Set(Object.values(recipe.concepts).map(({ recording }) => recording))
  const rankings = Object.values(last?.rankings ?? {})
  for (const [name, recording] of Object.entries(recipe.recordings)) {
    add(recording, explained.has(name) ? 'probe' : null)
    if (rankings.some((ranking) => 'method' in ranking && ranking.forget === name)) add(recording, 'forget')
    if (rankings.some((ranking) => 'method' in ranking && ranking.retain === name)) add(recording, 'retain')
  }
  for (const task of tasks) {
    const own = <Name extends Role>(role: Name) => (task === last ? role : null)
    if (task.forgetConcepts && 'forget' in task.forgetConcepts) {
      add(task.forgetConcepts.forget, own('forget'))
      add(task.forgetConcepts.reference, own('retain'))
    }
    for (const measure of Object.values(task.measures)) add(measure, own(`evaluate-${measure.role}`))
  }
  return sources
}

async function readOne(
  source: RecipeData,
  roles: Role[],
  seed: number,
  home: string,
  bases: PlaceBases,
): Promise<Documents['dataset'] | null> {
  const path = resolve(home, source.data)
  const { split, textColumn, where, sample, sampleSeed = seed } = source
  const options: ReadDatasetOptions = {
    ...(textColumn === undefined ? {} : { textColumn }),
    ...(where === undefined ? {} : { where }),
    ...(sample === undefined ? {} : { sample, seed: sampleSeed }),
  }
  try {
    const { format, kind, rejected, textColumn: column } = await readDataset(path, options)
    const used = await loadData({ path, options, split }, quietTask())
    const stem = basename(path, extname(path))
    const mapping: Mapping = {
      textColumn: column,
      where: where ?? null,
      sample: sample ?? null,
      seed: sampleSeed,
      split,
    }
    return {
      name: kind === 'cloze' && split !== 'evaluation' ? `${stem}-${split}` : stem,
      place: placeOf(path, bases),
      format,
      kind,
      mapping,
      roles,
      documents: used.documents.length,
      rejectedCount: rejected.length,
      dataHash: used.dataHash,
      bytes: null,
      modifiedAt: null,
      tokens: null,
    }
  } catch {
    return null
  }
}
