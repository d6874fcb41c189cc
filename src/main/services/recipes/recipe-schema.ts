import { parseDocument } from 'yaml'
import { z } from 'zod'
import { SnipError } from '../../../contract/failure.ts'
import { neuronIdSchema, siteSchema } from '../../../contract/neuron.ts'
import { clozeSplits } from '../data-in-use/data-in-use.ts'

/** Names become file names: plain, short, and never a path. */
const nameSchema = z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'a name has small letters, digits and hyphens')
const named = <Schema extends z.ZodType>(schema: Schema) => z.record(nameSchema, schema)
const topSchema = z.union([z.string(), z.number()]).transform(String)

/** A data file, below the recipe's folder or absolute, and which part of it. */
const dataSchema = z.strictObject({
  data: z.string().min(1),
  split: z.enum(clozeSplits).default('evaluation'),
  textColumn: z.string().optional(),
  where: z.string().optional(),
  sample: z.number().int().positive().optional(),
  /** Of the sample; the recipe's own when left out. */
  sampleSeed: z.number().int().optional(),
})
export type RecipeData = z.output<typeof dataSchema>

const recordingSchema = dataSchema.extend({
  tokens: z.number().int().positive().nullable().default(null),
  window: z.number().int().min(2).default(64),
  sites: z.array(siteSchema).min(1).default(['mlp', 'attention']),
  /** Of the sampled windows; the recipe's own when left out. */
  seed: z.number().int().optional(),
})

/** Concepts that an explainer writes, or that lie in a file: those of a person, or of both. */
const conceptsSchema = z.union([
  z.strictObject({ recording: nameSchema, explainer: z.string(), sites: z.array(siteSchema).min(1).optional() }),
  z.strictObject({ recording: nameSchema, file: z.string().min(1) }),
])

/** What is to be forgotten: found by contrast with a reference, from a file, or written here. */
const forgetConceptsSchema = z.union([
  z.strictObject({ forget: dataSchema, reference: dataSchema, extractor: z.string() }),
  z.strictObject({ file: z.string().min(1) }),
  z.strictObject({
    list: z
      .array(
        z.strictObject({
          text: z.string().min(1),
          weight: z.number().nonnegative().default(1),
          extractor: z.string().default('person'),
        }),
      )
      .min(1),
  }),
])
export type RecipeForgetConcepts = z.output<typeof forgetConceptsSchema>

const rankedSchema = z.strictObject({
  method: z.string(),
  preset: z.string().nullable().default(null),
  params: z.record(z.string(), z.unknown()).default({}),
  seed: z.number().int().nonnegative().optional(),
  concepts: nameSchema.optional(),
  embedder: z.string().optional(),
  forget: nameSchema.optional(),
  retain: nameSchema.optional(),
  /** In place of the task's own. */
  forgetConcepts: forgetConceptsSchema.optional(),
  /** False leaves the task's pins out, as a random control does. */
  pins: z.boolean().optional(),
})

/** A ranking that a method makes, or one that lies in a file. */
const rankingSchema = z.union([rankedSchema, z.strictObject({ file: z.string().min(1), pins: z.boolean().optional() })])
export type RecipeRanking = z.output<typeof rankingSchema>

/** A set of neurons to remove: the top of a ranking, a plan file, or the neurons themselves. */
const planSchema = z.union([
  z.strictObject({ ranking: nameSchema, top: topSchema }),
  z.strictObject({ file: z.string().min(1) }),
  z.strictObject({ neurons: z.array(neuronIdSchema).min(1) }),
])
export type RecipePlan = z.output<typeof planSchema>

const pinsSchema = z.strictObject({
  always: z.array(neuronIdSchema).default([]),
  never: z.array(neuronIdSchema).default([]),
})

const measureSchema = dataSchema.extend({
  role: z.enum(['forget', 'retain']),
  metric: z.string(),
  preset: z.string().nullable().default(null),
  params: z.record(z.string(), z.unknown()).default({}),
  /** Estimators that tables show; all of them are stored. */
  show: z.array(z.string()).min(1),
})

const realisationSchema = z.enum(['zeroed', 'compact'])

const taskSchema = z.strictObject({
  title: z.string().default(''),
  /** Of intervals; the recipe's own when left out. */
  seed: z.number().int().nonnegative().optional(),
  forgetConcepts: forgetConceptsSchema.optional(),
  /** Neurons that a person always or never prunes, in every ranking of the task. */
  pins: pinsSchema.optional(),
  rankings: named(rankingSchema),
  grid: z.array(topSchema).min(1),
  measures: named(measureSchema),
  plans: named(planSchema).optional(),
  /** The top of a ranking, or one of the task's plans. */
  export: z
    .union([
      z.strictObject({ ranking: nameSchema, top: topSchema, realisation: realisationSchema }),
      z.strictObject({ plan: nameSchema, realisation: realisationSchema }),
    ])
    .optional(),
})
export type RecipeTask = z.output<typeof taskSchema>

/** A recipe: recordings and concepts that tasks share, and what each task forgets, ranks, measures and exports. */
export const recipeSchema = z.strictObject({
  version: z.literal(1),
  name: z.string().min(1),
  seed: z.number().int().nonnegative().default(0),
  model: z.string().min(1),
  /** Where the tokenizer lies when it does not lie beside the model. */
  tokenizer: z.string().min(1).optional(),
  recordings: named(recordingSchema).default({}),
  concepts: named(conceptsSchema).default({}),
  tasks: named(taskSchema),
})
export type Recipe = z.output<typeof recipeSchema>

/** Reads a recipe. Throws `bad-argument` naming the line or the key that is wrong, or a name that nothing defines. */
export function parseRecipe(text: string, where: string): Recipe {
  const parsed = recipeSchema.safeParse(readYaml(text, where))
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    throw bad(where, `${issue?.path.join('.') || 'the file'}: ${issue?.message ?? 'is wrong'}`)
  }
  checkNames(parsed.data, where)
  return parsed.data
}

function readYaml(text: string, where: string): unknown {
  let flaw: string | undefined
  try {
    const document = parseDocument(text, { prettyErrors: true, strict: true })
    flaw = document.errors[0]?.message.split('\n')[0]
    // Aliases that multiply are a known way to fill the memory: a recipe needs few.
    if (flaw === undefined) return document.toJS({ maxAliasCount: 100 })
  } catch (error) {
    // Too many aliases, an alias without an anchor, or nesting that is deeper than the stack.
    flaw = error instanceof Error ? error.message : String(error)
  }
  throw bad(where, flaw)
}

function checkNames(recipe: Recipe, where: string): void {
  const need = (kind: 'recordings' | 'concepts', name: string | undefined, by: string) => {
    if (name === undefined || Object.hasOwn(recipe[kind], name)) return
    const known = Object.keys(recipe[kind]).join(', ') || 'none'
    throw bad(where, `${by} names ${kind} "${name}", which the recipe does not define (it defines: ${known})`)
  }
  for (const [name, { recording }] of Object.entries(recipe.concepts)) need('recordings', recording, `concepts.${name}`)
  for (const [taskName, task] of Object.entries(recipe.tasks)) {
    for (const [name, ranking] of Object.entries(task.rankings)) {
      if ('file' in ranking) continue
      const by = `tasks.${taskName}.rankings.${name}`
      need('concepts', ranking.concepts, by)
      need('recordings', ranking.forget, by)
      need('recordings', ranking.retain, by)
    }
    const needOwn = (kind: 'rankings' | 'plans', wanted: string, by: string) => {
      if (Object.hasOwn(task[kind] ?? {}, wanted)) return
      throw bad(where, `${by} names the ${kind.slice(0, -1)} "${wanted}", which the task does not define`)
    }
    for (const [name, plan] of Object.entries(task.plans ?? {})) {
      if ('ranking' in plan) needOwn('rankings', plan.ranking, `tasks.${taskName}.plans.${name}`)
    }
    if (task.export === undefined) continue
    if ('plan' in task.export) needOwn('plans', task.export.plan, `tasks.${taskName}.export`)
    else needOwn('rankings', task.export.ranking, `tasks.${taskName}.export`)
  }
}

function bad(where: string, what: string): SnipError {
  return new SnipError('bad-argument', `${where}: ${what}`, {
    remedy: 'Correct the recipe; docs/recipes.md shows one.',
  })
}
