import * as ort from 'onnxruntime-node'
import type { Plan } from '../../../contract/files.ts'
import { layoutCloze, type ClozeLayout, type ClozeLosses, type ClozeTask } from '../../../core/metrics/cloze-layout.ts'
import { choiceTokens, type ClozeText } from '../../../core/metrics/cloze-text.ts'
import { requireObjective } from '../../../core/metrics/objective.ts'
import type { OpenModel } from '../model/open-model.ts'
import { floatOutput, int64Tensor, purposes, type SessionLease } from '../sessions/model-sessions.ts'
import { leaseUnderPlan } from '../sessions/plan-feeds.ts'
import { requireFinite } from './not-finite.ts'
import { objectiveFacts } from './objective-facts.ts'
import { betweenBatches, progress, ProgressThrottle } from './steps.ts'

/** Added to the score of a key that a query may not see: exactly 0 after the softmax. */
const blocked = -1e30
/** Its attention bias takes 400 MB. */
const longestPass = 10_000

/** Tokenizes each question's texts whole and lays them out as a shared prefix and one branch a candidate. */
export async function layoutQuestions(
  model: OpenModel,
  questions: readonly (readonly ClozeText[])[],
  signal: AbortSignal | undefined,
): Promise<ClozeLayout[]> {
  requireObjective(objectiveFacts(model), 'causal', 'A cloze question')
  const layouts: ClozeLayout[] = []
  for (const texts of questions) {
    if (layouts.length % 16 === 0) await betweenBatches(signal)
    const encodings = texts.map(({ text, choiceStart, choiceEnd }) => {
      const { ids, spans } = model.tokenizer.encodeWithSpans(text)
      return { ids, ...choiceTokens(spans, choiceStart, choiceEnd) }
    })
    const layout = layoutCloze(encodings, model.shape.contextLength)
    layouts.push(sharesPass(model) ? refuseTooLong(layout) : layout)
  }
  return layouts
}

/** Whether all candidates of a question run in one pass. A graph that another program made sees what it sees: each runs alone. */
function sharesPass({ graphs }: OpenModel): boolean {
  return graphs.supports(purposes.branches)
}

/** The whole pass sees itself through one matrix of tokens by tokens: a question too long for it is refused, not tried. */
function refuseTooLong(layout: ClozeLayout): ClozeLayout {
  if (!layout.ok) return layout
  const total = passLength(layout.task)
  if (total <= longestPass) return layout
  return { ok: false, reason: `its candidates take ${total} tokens together, ${longestPass} is the most` }
}

/** Tokens of the one sequence that holds the prefix and all branches. */
function passLength({ prefix, branches }: ClozeTask): number {
  return branches.reduce((sum, { ids }) => sum + ids.length + 1, prefix.length)
}

/**
 * Losses of cloze questions under a plan. All candidates of a question share one forward pass: the prefix stands once, each
 * branch repeats the prefix's last token (which predicts the branch's first) and sees the prefix and itself only. Where a model cannot be
 * told what a token sees, each candidate is a sequence of its own.
 */
export async function* clozeLosses(
  model: OpenModel,
  tasks: readonly ClozeTask[],
  plan: Plan | null,
  signal: AbortSignal | undefined,
) {
  const together = sharesPass(model)
  const session = await leaseUnderPlan(model, together ? purposes.branches : purposes.losses, plan)
  try {
    const throttle = new ProgressThrottle()
    const answers: ClozeLosses[] = []
    for (const task of tasks) {
      await betweenBatches(signal)
      if (together) {
        const losses = floatOutput(await session.run(branchFeeds(task)), 'losses')
        answers.push(readLosses(model, task, losses))
      } else answers.push(await lossesOneByOne(model, session, task, signal))
      if (throttle.due(answers.length, tasks.length)) yield progress(answers.length, tasks.length, 'questions')
    }
    return answers
  } finally {
    await session.release()
  }
}

/** One sequence: prefix, then for each branch the prefix's last token again and the branch. */
function branchFeeds(task: ClozeTask): Record<string, ort.Tensor> {
  const { prefix, branches } = task
  const shared = prefix.length
  const total = passLength(task)
  const ids = new Int32Array(total)
  const targets = new Int32Array(total)
  const positions = new Int32Array(total)
  const bias = new Float32Array(total * total).fill(blocked)
  ids.set(prefix)
  targets.set(prefix.subarray(1))
  for (let token = 0; token < shared; token++) {
    positions[token] = token
    bias.fill(0, token * total, token * total + token + 1)
  }
  let start = shared
  for (const branch of branches) {
    ids[start] = prefix[shared - 1]!
    ids.set(branch.ids, start + 1)
    targets.set(branch.ids, start)
    for (let step = 0; step <= branch.ids.length; step++) {
      const row = (start + step) * total
      positions[start + step] = shared - 1 + step
      bias.fill(0, row, row + shared - 1)
      bias.fill(0, row + start, row + start + step + 1)
    }
    start += branch.ids.length + 1
  }
  return {
    input_ids: int64Tensor(ids, [1, total]),
    targets: int64Tensor(targets, [1, total]),
    position_ids: int64Tensor(positions, [1, total]),
    attention_bias: new ort.Tensor('float32', bias, [1, 1, total, total]),
  }
}

function readLosses(model: OpenModel, { prefix, branches }: ClozeTask, losses: Float32Array): ClozeLosses {
  requireFinite(model, losses, 'The losses')
  let prefixLossSum = 0
  for (let token = 0; token + 1 < prefix.length; token++) prefixLossSum += losses[token]!
  let start = prefix.length
  const perBranch = branches.map(({ ids }) => {
    const own = losses.subarray(start, start + ids.length)
    start += ids.length + 1
    return own
  })
  return { prefixLossSum, prefixPredicted: prefix.length - 1, branches: perBranch }
}

/** The same numbers from one sequence for each candidate: the prefix and its branch. */
async function lossesOneByOne(
  model: OpenModel,
  session: SessionLease,
  { prefix, branches }: ClozeTask,
  signal: AbortSignal | undefined,
): Promise<ClozeLosses> {
  let prefixLossSum = 0
  const perBranch: Float32Array[] = []
  for (const { ids: branch } of branches) {
    await betweenBatches(signal)
    const ids = Int32Array.of(...prefix, ...branch)
    const dims = [1, ids.length]
    const feeds = { input_ids: int64Tensor(ids, dims), targets: int64Tensor([...ids.subarray(1), 0], dims) }
    const losses = floatOutput(await session.run(feeds), 'losses').subarray(0, ids.length - 1)
    requireFinite(model, losses, 'The losses')
    if (perBranch.length === 0) {
      for (let token = 0; token + 1 < prefix.length; token++) prefixLossSum += losses[token]!
    }
    perBranch.push(losses.slice(prefix.length - 1))
  }
  return { prefixLossSum, prefixPredicted: prefix.length - 1, branches: perBranch }
}
