import { existsSync, readdirSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { z } from 'zod'
import { exportFormatSchema, verificationSchema } from '../../../contract/engine-host.ts'
import { forgetConceptSchema, planSchema } from '../../../contract/files.ts'
import { resolveTop } from '../../../core/pruning/plan-top.ts'
import { parseRanking } from '../../../core/ranking/ranking-file.ts'
import { rankingMethods } from '../../../core/ranking/registry.ts'
import { readJsonLines, readTextFile } from '../files-of-lines.ts'
import { planHashOf, readPlan } from '../plans/plans.ts'
import { hashOfConcepts } from '../rankings/concepts-hash.ts'
import { hashOfForgetConcepts } from '../rankings/ranking-inputs.ts'
import { quietly, type Derivation } from './derivation.ts'
import { pathOfPlace } from './places.ts'

/** The rankings, with what each was made from where the recipe says so. */
export function deriveRankings(derivation: Derivation): void {
  for (const name of derivation.names('rankings').filter((file) => file.endsWith('.jsonl'))) {
    quietly(() => {
      const { header, neurons } = parseRanking(readTextFile(derivation.path('rankings', name)), name)
      const id = basename(name, '.jsonl')
      const [taskName = '', label = ''] = id.split('.')
      const task = derivation.recipe?.tasks[taskName]
      const method = rankingMethods.find((member) => member.id === header.method)
      const preset = header.preset === null ? '' : ` (${header.preset})`
      const about = task?.title || (label === '' ? '' : taskName)
      const wanted = task?.rankings[label]
      const needs = (need: string) => method?.needs.some((one) => one === need) ?? false
      derivation.add('ranking', id.slice(0, 64), {
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
        at: derivation.timeOf('rankings', name),
        inputs: {
          forgetConcepts: needs('forgetConcepts')
            ? (hashOfForget(derivation, `${taskName}.${label}`) ?? hashOfForget(derivation, taskName))
            : null,
          concepts: needs('concepts') ? hashOfConcepts(derivation.workspace()) : null,
          recording: needs('concepts') ? (derivation.store.get('evidence', 'evidence')?.recording ?? null) : null,
          forget: wanted && 'method' in wanted ? derivation.recordingOf(wanted.forget) : null,
          retain: wanted && 'method' in wanted ? derivation.recordingOf(wanted.retain) : null,
        },
      })
    })
  }
}

function hashOfForget(derivation: Derivation, task: string): string | null {
  const path = derivation.path('concepts', `${task}.forget.jsonl`)
  if (!existsSync(path)) return null
  return hashOfForgetConcepts(readJsonLines(path, forgetConceptSchema, 'forget concepts'))
}

/** The plans. */
export function derivePlans(derivation: Derivation): void {
  for (const name of derivation.names('plans').filter((file) => file.endsWith('.json'))) {
    quietly(() => {
      const plan = readPlan(derivation.path('plans', name))
      const made = madeFromSchema.safeParse(plan.ranking)
      derivation.add('plan', basename(name, '.json').slice(0, 64), {
        name: basename(name, '.json'),
        file: `plans/${name}`,
        neurons: plan.neurons.length,
        planHash: planHashOf(plan),
        madeFrom: made.success ? `${made.data.method}, top ${made.data.top}` : 'a plan file',
        at: derivation.timeOf('plans', name),
      })
    })
  }
}

/** The sweeps; which way a measure should go is the recipe's to say. */
export function deriveSweeps(derivation: Derivation): void {
  for (const name of derivation.names('jobs')) {
    if (!existsSync(derivation.path('jobs', name, 'points.jsonl'))) continue
    quietly(() => {
      const { identity } = sweepJobSchema.parse(JSON.parse(readTextFile(derivation.path('jobs', name, 'job.json'))))
      const task = derivation.recipe?.tasks[name]
      derivation.add('sweep', name.slice(0, 64), {
        title: task?.title || name,
        at: derivation.timeOf('jobs', name),
        folder: `jobs/${name}`,
        modelHash: identity.modelHash,
        rankings: identity.rankings.map(({ ranking: label }) => {
          const id = `${name}.${label}`.slice(0, 64)
          const ranking = derivation.store.get('ranking', id)
          return { label, ranking: ranking === null ? null : id, control: ranking?.method === 'random' }
        }),
        measures: identity.measures.map(({ data: label, dataHash }, at) => {
          const dataset = derivation.datasets.byHash(dataHash)
          // Without the recipe nothing says which way a measure should go: the forget measure is named first.
          const side = task?.measures[label]?.role ?? (at === 0 ? 'forget' : 'retain')
          return { label, dataset: dataset?.id ?? null, name: dataset?.document.name ?? basename(label), side }
        }),
      })
    })
  }
}

/** The exports, from their manifests. */
export function deriveExports(derivation: Derivation): void {
  for (const name of derivation.names('exports')) {
    for (const file of derivation.names('exports', name).filter((one) => one.endsWith('.manifest.json'))) {
      quietly(() => {
        const manifest = exportManifestSchema.parse(JSON.parse(readTextFile(derivation.path('exports', name, file))))
        const { realisation, format, planHash, modelHash, files, verification, plan } = manifest
        derivation.add('export', name.slice(0, 64), {
          name: basename(file, '.manifest.json'),
          folder: `exports/${name}`,
          realisation,
          format,
          replacement: plan.replacement,
          timing: null,
          title: derivation.recipe?.tasks[name]?.title || name,
          at: derivation.timeOf('exports', name, file),
          neurons: plan.neurons.length,
          planHash,
          modelHash,
          files,
          originalBytes: modelBytes(derivation),
          verification,
          manifestFile: `exports/${name}/${file}`,
        })
      })
    }
  }
}

/** Bytes of the weight files of the model, where it lies now. */
function modelBytes(derivation: Derivation): number {
  const model = derivation.store.get('model', 'model')
  if (model === null) return 0
  const path = pathOfPlace(model.place, derivation.bases)
  if (!existsSync(path)) return 0
  if (statSync(path).isFile()) return statSync(path).size
  const weights = readdirSync(path).filter((name) => name.endsWith('.safetensors'))
  return weights.reduce((sum, name) => sum + statSync(join(path, name)).size, 0)
}

/** What the last task exports or, without an export, its plan `cut`. */
export function deriveCut(derivation: Derivation): void {
  const task = derivation.task === null ? undefined : derivation.recipe?.tasks[derivation.task]
  const exported = task?.export
  const name = exported !== undefined && 'plan' in exported ? exported.plan : 'cut'
  const wanted = exported !== undefined && 'ranking' in exported ? exported : task?.plans?.[name]
  if (wanted === undefined || !('ranking' in wanted)) return
  const ranking = `${derivation.task}.${wanted.ranking}`.slice(0, 64)
  const document = derivation.store.get('ranking', ranking)
  if (document === null) return
  const most = document.ranked + (task?.pins?.always.length ?? 0)
  derivation.add('cut', 'cut', { ranking, k: Math.min(resolveTop(wanted.top, document.neuronCount), most) })
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
  format: exportFormatSchema.default('onnx'),
  planHash: z.string(),
  modelHash: z.string(),
  plan: planSchema,
  files: z.array(z.object({ name: z.string(), bytes: z.number(), sha256: z.string() })),
  verification: verificationSchema,
})
