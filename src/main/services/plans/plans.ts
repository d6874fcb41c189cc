import { basename } from 'node:path'
import { planSchema, type Plan } from '../../../contract/files.ts'
import { parsePlanText, planFromRanking, planHashInput, type PlannedTop } from '../../../core/pruning/plan.ts'
import { parseRanking } from '../../../core/ranking/ranking-file.ts'
import { writeJsonAside } from '../../files/write-aside.ts'
import { readTextFile } from '../files-of-lines.ts'
import { sha256 } from '../jobs/canonical-json.ts'
import { refuseOutput } from '../jobs/output-file.ts'
import { readMeans } from './recorded-means.ts'

/** Reads a plan file. Throws `bad-plan` or `not-found`. */
export function readPlan(path: string): Plan {
  return parsePlanText(readTextFile(path), basename(path))
}

/** SHA-256, hex, of the sorted ids and the replacement, means included; null stands for no plan. */
export function planHashOf(plan: Plan): string
export function planHashOf(plan: Plan | null): string | null
export function planHashOf(plan: Plan | null): string | null {
  return plan === null ? null : sha256(planHashInput(plan))
}

export interface PlanRequest {
  readonly ranking: string
  /** `2%` or a number of neurons. */
  readonly top: string
  readonly out: string
  /** Folder of the recording whose means replace the neurons; zero does when left out. */
  readonly meansOf?: string
}

export interface PlanOutcome extends PlannedTop {
  readonly planHash: string
  /** Neurons of the ranked sites, which a percentage refers to. */
  readonly neuronCount: number
}

/** Makes a plan of the top of a ranking and writes it. */
export function makePlan(request: PlanRequest): PlanOutcome {
  const ranking = parseRanking(readTextFile(request.ranking), basename(request.ranking))
  const fromRanking = planFromRanking(ranking, request.top)
  const planned =
    request.meansOf === undefined
      ? fromRanking
      : { ...fromRanking, plan: readMeans(request.meansOf).fix(fromRanking.plan) }
  refuseOutput(request.out, planSchema, 'plans')
  writeJsonAside(request.out, planned.plan)
  return { ...planned, planHash: planHashOf(planned.plan), neuronCount: ranking.header.neuronCount }
}
