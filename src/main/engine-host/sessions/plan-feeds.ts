import type * as ort from 'onnxruntime-node'
import { SnipError } from '../../../contract/failure.ts'
import type { Plan } from '../../../contract/files.ts'
import type { GraphPurpose } from '../../../core/onnx/decoder-graph.ts'
import { planHashInput } from '../../../core/pruning/plan.ts'
import { planOffsets } from '../../../core/pruning/plan.ts'
import { masksOf, type OpenModel } from '../model/open-model.ts'
import { maskFeeds, type SessionLease, type SilencedPlan } from './model-sessions.ts'

/**
 * The purpose of a session that computes under a plan. Only plans that fix neurons at their means add inputs to the graph: all others
 * use the one with masks alone, bit for bit and as fast. Throws `unsupported-model` where a graph cannot have them.
 */
export function underPlan(model: OpenModel, purpose: GraphPurpose, plan: Plan | null): GraphPurpose {
  if (plan === null || plan.replacement === 'zero') return purpose
  const withOffsets: GraphPurpose = { ...purpose, offsets: true }
  if (model.layout !== null && model.graphs.supports(withOffsets)) return withOffsets
  throw new SnipError('unsupported-model', `${model.path} has no place for means in place of removed neurons`, {
    remedy: 'Replace the neurons by zero, or open the checkpoint that the file was made from.',
  })
}

/** What a session's graph must hold of a plan, where plans act by zeroed weights; null where they act by feeds. Throws `bad-plan`. */
export function silencedBy(model: OpenModel, plan: Plan | null): SilencedPlan | null {
  if (model.graphs.planBy === 'mask' || plan === null || plan.neurons.length === 0) return null
  return { key: planHashInput(plan), silenced: masksOf(model, plan) }
}

/** Inputs that carry a plan into a session of `underPlan`: masks, and offsets where there are means. Throws `bad-plan`. */
export function planFeeds(model: OpenModel, plan: Plan | null): Record<string, ort.Tensor> {
  if (model.graphs.planBy === 'zeroed-weights') return {}
  const offsets = plan && planOffsets(plan, model.space)
  return { ...maskFeeds(masksOf(model, plan)), ...(offsets ? maskFeeds(offsets, 'offset') : {}) }
}

/** A session that computes under a plan: what carries the plan is fed along with what it is run on. Throws `bad-plan`. */
export async function leaseUnderPlan(
  model: OpenModel,
  purpose: GraphPurpose,
  plan: Plan | null,
): Promise<SessionLease> {
  const carried = planFeeds(model, plan)
  const lease = await model.sessions.lease(underPlan(model, purpose, plan), silencedBy(model, plan))
  return { ...lease, run: (feeds, fetches) => lease.run({ ...feeds, ...carried }, fetches) }
}
