import { existsSync, readdirSync, statSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { z } from 'zod'
import { conceptSchema, forgetConceptSchema } from '../../../contract/files.ts'
import { verificationSchema } from '../../../contract/engine-host.ts'
import { planSchema } from '../../../contract/files.ts'
import { resolveTop } from '../../../core/pruning/plan-top.ts'
import { parseRanking } from '../../../core/ranking/ranking-file.ts'
import { rankingMethods } from '../../../core/ranking/registry.ts'
import { readRecordingManifest } from '../../files/open-recording.ts'
import { readJsonLines, readTextFile } from '../files-of-lines.ts'
import { planHashOf, readPlan } from '../plans/plans.ts'
import { hashOfConcepts, hashOfForgetConcepts } from '../rankings/ranking-inputs.ts'
import type { Recipe } from '../recipes/recipe-schema.ts'
import type { OpenWorkspace } from '../session/session.ts'
import { DerivedDatasets } from './derive-datasets.ts'
import type { Change } from './document-store.ts'
import type { DocumentKind, Documents } from './documents.ts'
import { MemoryDocumentStore } from './memory-document-store.ts'
import { pathOfPlace, placeOf, type PlaceBases } from './places.ts'
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
  return derivation.run()
}

class Derivation {
  readonly #folder: string
  readonly #bases: PlaceBases
  readonly #recipe: Recipe | null
  readonly #home: string | null
  readonly #datasets: DerivedDatasets
  readonly #at: number | null
  readonly #changes: Change[] = []
  readonly #store = new MemoryDocumentStore()

  constructor(
    folder: string,
    bases: PlaceBases,
    recipe: Recipe | null,
    home: string | null,
    datasets: DerivedDatasets,
    at: number | null,
  ) {
    this.#folder = folder
    this.#bases = bases
    this.#recipe = recipe
    this.#home = home
    this.#datasets = datasets
    this.#at = at
  }

  run(): Change[] {
    for (const { id, document } of this.#datasets.all) this.#add('dataset', id, document)
    this.#recordings()
    this.#explanations()
    this.#forgetConcepts()
    this.#pins()
    this.#rankings()
    this.#plans()
    this.#sweeps()
    this.#exports()
    this.#cut()
    return this.#changes
  }

  /** Name of the task that the roles and the cut are about: the recipe's last. */
  get #task(): string | null {
    return this.#recipe === null ? null : (Object.keys(this.#recipe.tasks).at(-1) ?? null)
  }

  #recordings(): void {
    let modelPath = this.#recipe === null || this.#home === null ? null : resolve(this.#home, this.#recipe.model)
    let modelHash: string | null = null
    for (const name of this.#names('recordings')) {
      quietly(() => {
        const manifest = readRecordingManifest(this.#path('recordings', name))
        modelPath ??= manifest.model.path
        modelHash ??= manifest.model.modelHash
        const dataset = this.#datasets.byHash(manifest.dataHash)
        const { dataHash, sites, tokens, windows, window, neurons, seed } = manifest
        this.#add('recording', name, {
          dataset: dataset?.id ?? null,
          data: dataset?.document.name ?? this.#recordingName(dataHash),
          folder: `recordings/${name}`,
          modelHash: manifest.model.modelHash,
          dataHash,
          sites,
          tokens,
          windows,
          window,
          neurons,
          seed,
          at: this.#timeOf('recordings', name),
        })
      })
    }
    if (modelPath === null) return
    const place = placeOf(modelPath, this.#bases)
    const tokenizer = this.#recipe?.tokenizer === undefined ? null : resolve(this.#home ?? '', this.#recipe.tokenizer)
    const document = {
      place,
      tokenizer: tokenizer === null ? null : placeOf(tokenizer, this.#bases),
      name: basename(modelPath),
      modelHash,
      card: null,
    }
    this.#add('model', 'model', document)
  }

  #recordingName(dataHash: string): string {
    return `data ${dataHash.slice(0, 8)}`
  }

  /** The recording that a recipe calls by a name. */
  #recordingOf(name: string | undefined): string | null {
    const source = name === undefined ? undefined : this.#recipe?.recordings[name]
    const dataset = source === undefined ? null : this.#datasets.of(source)
    if (dataset === null) return null
    for (const [id, recording] of this.#store.all('recording')) {
      if (recording.dataHash === dataset.document.dataHash) return id
    }
    return null
  }

  #explanations(): void {
    const explained = Object.values(this.#recipe?.concepts ?? {})[0]?.recording
    const largest = [...this.#store.all('recording')].toSorted(([, a], [, b]) => b.neurons - a.neurons)[0]?.[0]
    const recording = this.#recordingOf(explained) ?? largest ?? null
    if (recording === null) return
    this.#add('evidence', 'evidence', { recording })
    for (const name of this.#names('concepts')) {
      if (!/^[^.]+\.jsonl$/.test(name)) continue
      quietly(() => {
        const concepts = readJsonLines(this.#path('concepts', name), conceptSchema, 'concepts')
        const id = basename(name, '.jsonl')
        this.#add('explanation', id, {
          recording: this.#recordingOf(this.#recipe?.concepts[id]?.recording) ?? recording,
          explainer: concepts[0]?.explainer ?? id,
          file: `concepts/${name}`,
          concepts: concepts.length,
          at: this.#timeOf('concepts', name),
        })
      })
    }
  }

  #forgetConcepts(): void {
    for (const name of this.#names('concepts').filter((file) => file.endsWith('.forget.jsonl'))) {
      const task = basename(name, '.forget.jsonl')
      quietly(() => {
        const concepts = readJsonLines(this.#path('concepts', name), forgetConceptSchema, 'forget concepts')
        concepts.forEach(({ text, weight, extractor }, at) => {
          const enabled = this.#task === null || task === this.#task
          this.#add('forget-concept', `${task.slice(0, 48)}-${at + 1}`, { text, weight, enabled, source: extractor })
        })
      })
    }
  }

  #rankings(): void {
    for (const name of this.#names('rankings').filter((file) => file.endsWith('.jsonl'))) {
      quietly(() => {
        const { header, neurons } = parseRanking(readTextFile(this.#path('rankings', name)), name)
        const id = basename(name, '.jsonl')
        const [taskName = '', label = ''] = id.split('.')
        const task = this.#recipe?.tasks[taskName]
        const method = rankingMethods.find((member) => member.id === header.method)
        const preset = header.preset === null ? '' : ` (${header.preset})`
        const about = task?.title || (label === '' ? '' : taskName)
        const wanted = task?.rankings[label]
        const needs = (need: string) => method?.needs.some((one) => one === need) ?? false
        this.#add('ranking', id.slice(0, 64), {
          name: `${method?.name ?? header.method}${preset}${about === '' ? '' : `, ${about}`}`,
          method: header.method,
          preset: header.preset,
          params: header.params,
          seed: header.seed,
          neuronCount: header.neuronCount,
          ranked: neurons.length,
          warnings: header.warnings ?? [],
          file: `rankings/${name}`,
          modelHash: header.modelHash,
          at: this.#timeOf('rankings', name),
          inputs: {
            forgetConcepts: needs('forgetConcepts')
              ? (this.#hashOfForget(`${taskName}.${label}`) ?? this.#hashOfForget(taskName))
              : null,
            concepts: needs('concepts') ? hashOfConcepts(this.#workspace()) : null,
            recording: needs('concepts') ? (this.#store.get('evidence', 'evidence')?.recording ?? null) : null,
            forget: wanted && 'method' in wanted ? this.#recordingOf(wanted.forget) : null,
            retain: wanted && 'method' in wanted ? this.#recordingOf(wanted.retain) : null,
          },
        })
      })
    }
  }

  #hashOfForget(task: string): string | null {
    const path = this.#path('concepts', `${task}.forget.jsonl`)
    if (!existsSync(path)) return null
    return hashOfForgetConcepts(readJsonLines(path, forgetConceptSchema, 'forget concepts'))
  }

  #plans(): void {
    for (const name of this.#names('plans').filter((file) => file.endsWith('.json'))) {
      quietly(() => {
        const plan = readPlan(this.#path('plans', name))
        const made = madeFromSchema.safeParse(plan.ranking)
        this.#add('plan', basename(name, '.json').slice(0, 64), {
          name: basename(name, '.json'),
          file: `plans/${name}`,
          neurons: plan.neurons.length,
          planHash: planHashOf(plan),
          madeFrom: made.success ? `${made.data.method}, top ${made.data.top}` : 'a plan file',
          at: this.#timeOf('plans', name),
        })
      })
    }
  }

  #sweeps(): void {
    for (const name of this.#names('jobs')) {
      if (!existsSync(this.#path('jobs', name, 'points.jsonl'))) continue
      quietly(() => {
        const { identity } = sweepJobSchema.parse(JSON.parse(readTextFile(this.#path('jobs', name, 'job.json'))))
        const task = this.#recipe?.tasks[name]
        this.#add('sweep', name.slice(0, 64), {
          title: task?.title || name,
          at: this.#timeOf('jobs', name),
          folder: `jobs/${name}`,
          modelHash: identity.modelHash,
          rankings: identity.rankings.map(({ ranking: label }) => {
            const id = `${name}.${label}`.slice(0, 64)
            const ranking = this.#store.get('ranking', id)
            return { label, ranking: ranking === null ? null : id, control: ranking?.method === 'random' }
          }),
          measures: identity.measures.map(({ data: label, dataHash }, at) => {
            const dataset = this.#datasets.byHash(dataHash)
            // Without the recipe nothing says which way a measure should go: the forget measure is named first.
            const side = task?.measures[label]?.role ?? (at === 0 ? 'forget' : 'retain')
            return { label, dataset: dataset?.id ?? null, name: dataset?.document.name ?? basename(label), side }
          }),
        })
      })
    }
  }

  #exports(): void {
    for (const name of this.#names('exports')) {
      for (const file of this.#names('exports', name).filter((one) => one.endsWith('.manifest.json'))) {
        quietly(() => {
          const manifest = exportManifestSchema.parse(JSON.parse(readTextFile(this.#path('exports', name, file))))
          const { realisation, planHash, modelHash, files, verification, plan } = manifest
          this.#add('export', name.slice(0, 64), {
            name: basename(file, '.manifest.json'),
            folder: `exports/${name}`,
            realisation,
            title: this.#recipe?.tasks[name]?.title || name,
            at: this.#timeOf('exports', name, file),
            neurons: plan.neurons.length,
            planHash,
            modelHash,
            files,
            originalBytes: this.#modelBytes(),
            verification,
            manifestFile: `exports/${name}/${file}`,
          })
        })
      }
    }
  }

  /** Bytes of the weight files of the model, where it lies now. */
  #modelBytes(): number {
    const model = this.#store.get('model', 'model')
    if (model === null) return 0
    const path = pathOfPlace(model.place, this.#bases)
    if (!existsSync(path)) return 0
    if (statSync(path).isFile()) return statSync(path).size
    const weights = readdirSync(path).filter((name) => name.endsWith('.safetensors'))
    return weights.reduce((sum, name) => sum + statSync(join(path, name)).size, 0)
  }

  /** What a person pinned in the recipe's last task. */
  #pins(): void {
    const pins = this.#task === null ? undefined : this.#recipe?.tasks[this.#task]?.pins
    for (const pin of ['always', 'never'] as const) for (const id of pins?.[pin] ?? []) this.#add('pin', id, { pin })
  }

  /** What the last task exports or, without an export, its plan `cut`. */
  #cut(): void {
    const task = this.#task === null ? undefined : this.#recipe?.tasks[this.#task]
    const exported = task?.export
    const name = exported !== undefined && 'plan' in exported ? exported.plan : 'cut'
    const wanted = exported !== undefined && 'ranking' in exported ? exported : task?.plans?.[name]
    if (wanted === undefined || !('ranking' in wanted)) return
    const ranking = `${this.#task}.${wanted.ranking}`.slice(0, 64)
    const document = this.#store.get('ranking', ranking)
    if (document === null) return
    const most = document.ranked + (task?.pins?.always.length ?? 0)
    this.#add('cut', 'cut', { ranking, k: Math.min(resolveTop(wanted.top, document.neuronCount), most) })
  }

  #add<Kind extends DocumentKind>(kind: Kind, key: string, after: Documents[Kind]): void {
    const change = { kind, key, after } as unknown as Change
    this.#changes.push(change)
    this.#store.add([change])
  }

  #workspace(): OpenWorkspace {
    return {
      folder: this.#folder,
      name: '',
      store: this.#store,
      file: (...parts) => this.#path(...parts),
      pathOf: (place) => pathOfPlace(place, this.#bases),
      placeOf: (path) => placeOf(path, this.#bases),
    }
  }

  #path(...parts: string[]): string {
    return join(this.#folder, ...parts)
  }

  /** When something was written last, in whole milliseconds since 1970. */
  #timeOf(...parts: string[]): number {
    return this.#at ?? Math.round(statSync(this.#path(...parts)).mtimeMs)
  }

  #names(...parts: string[]): string[] {
    const folder = this.#path(...parts)
    return existsSync(folder) && statSync(folder).isDirectory() ? readdirSync(folder).toSorted() : []
  }
}

const madeFromSchema = z.object({ method: z.string(), top: z.union([z.string(), z.number()]) })

const sweepJobSchema = z.object({
  identity: z.object({
    modelHash: z.string(),
    rankings: z.array(z.object({ ranking: z.string() })),
    measures: z.array(z.object({ data: z.string(), dataHash: z.string() })),
  }),
})

const exportManifestSchema = z.object({
  realisation: z.enum(['zeroed', 'compact']),
  planHash: z.string(),
  modelHash: z.string(),
  plan: planSchema,
  files: z.array(z.object({ name: z.string(), bytes: z.number(), sha256: z.string() })),
  verification: verificationSchema,
})

/** One thing that cannot be read must not keep the others away. */
function quietly(read: () => void): void {
  try {
    read()
  } catch {
    // It stays in its folder, off the lists.
  }
}
