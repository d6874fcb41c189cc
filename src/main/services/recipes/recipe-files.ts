import { join } from 'node:path'
import type { JobFolder } from '../jobs/job-folder.ts'
import type { Recipe } from './recipe-schema.ts'

/** Where a recipe's run writes what its parts are made of, in its workspace folder. */
export class RecipeFiles {
  readonly #job: JobFolder
  readonly #recipe: Recipe

  constructor(job: JobFolder, recipe: Recipe) {
    this.#job = job
    this.#recipe = recipe
  }

  concepts(name: string): string {
    return this.#job.file(join('concepts', `${name}.jsonl`))
  }

  /** Of a task, or of one of its rankings as `task.label`. */
  forgetConcepts(name: string): string {
    return this.#job.file(join('concepts', `${name}.forget.jsonl`))
  }

  ranking(taskName: string, label: string): string {
    return this.#job.file(join('rankings', `${taskName}.${label}.jsonl`))
  }

  /** Where the order of a ranking stands: with pins, in a file of its own. */
  order(taskName: string, label: string): string {
    const { pins, rankings } = this.#recipe.tasks[taskName]!
    if (pins === undefined || rankings[label]!.pins === false) return this.ranking(taskName, label)
    return this.#job.file(join('rankings', 'pinned', `${taskName}.${label}.jsonl`))
  }

  plan(taskName: string, name: string): string {
    return this.#job.file(join('plans', `${taskName}.${name}.json`))
  }

  /** The plan of an export that names none of its task's. */
  exportedPlan(taskName: string): string {
    return this.#job.file(join('plans', `${taskName}.json`))
  }
}
