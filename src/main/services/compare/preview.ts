import type { Plan } from '../../../contract/files.ts'
import type { PlanChoice } from '../../../contract/workbench/model.ts'
import type { Glance } from '../../../contract/workbench/rankings.ts'
import { generateText } from '../models/text.ts'
import { modelInUse } from '../plans/model-in-use.ts'
import { describePlan } from '../plans/resolve-plan.ts'
import { deltaOf } from '../runs/measure-job.ts'
import type { WorkbenchSession } from '../session/session.ts'
import { quietTask, throwIfCancelled, type Task } from '../task.ts'
import { PreviewSamples, type PreviewSample } from './preview-samples.ts'

const seed = 1
const previewTokens = 20
const previewPrompts = 2
/** Texts of the unpruned model that are kept. */
const mostTexts = 200
const promptWords = 12

export type PreviewEvent =
  | { readonly kind: 'measures'; readonly measures: Glance[]; readonly seconds: number }
  | { readonly kind: 'text'; readonly prompt: string; readonly original: string; readonly unlearned: string }
  | { readonly kind: 'done'; readonly seconds: number }

/** Previews of cuts in one process: what they need of the unpruned model is computed once. */
export class Previews {
  readonly #session: WorkbenchSession
  readonly #samples: PreviewSamples
  readonly #originalTexts = new Map<string, string>()

  constructor(session: WorkbenchSession) {
    this.#session = session
    this.#samples = new PreviewSamples(session)
  }

  /**
   * Measures of a cut on small samples of the evaluation sets, then two short texts before and after. Ends with `cancelled`
   * between two batches of the engine when the signal aborts.
   */
  async *preview(choice: PlanChoice, signal: AbortSignal | undefined): AsyncGenerator<PreviewEvent> {
    const task = quietTask(signal)
    const started = performance.now()
    const seconds = () => (performance.now() - started) / 1000
    const { plan } = await describePlan(this.#session, choice)
    throwIfCancelled(task)
    const measures: Glance[] = []
    const samples: PreviewSample[] = []
    for await (const sample of this.#samples.all(task)) {
      throwIfCancelled(task)
      samples.push(sample)
      const glance = await glanceOf(sample, plan, task)
      if (glance !== null) measures.push(glance)
    }
    yield { kind: 'measures', measures, seconds: seconds() }
    for (const prompt of this.#prompts(samples)) {
      throwIfCancelled(task)
      const original = await this.#originalText(prompt, task)
      const unlearned = plan === null ? original : await this.#text(prompt, plan, task)
      yield { kind: 'text', prompt, original, unlearned }
    }
    yield { kind: 'done', seconds: seconds() }
  }

  /** The first saved prompts; without any, how the sampled texts begin: one to forget, one to retain. */
  #prompts(samples: readonly PreviewSample[]): string[] {
    const saved: string[] = []
    for (const { text } of this.#session.workspace().store.all('prompt').values()) {
      if (saved.length === previewPrompts) break
      saved.push(firstWords(text, 100))
    }
    if (saved.length > 0) return saved
    const starts = (['forget', 'retain'] as const).flatMap((side) => {
      const sample = samples.find(({ set }) => set.side === side)
      const start = firstWords(sample?.measurement.data.documents[0]?.text ?? '', promptWords)
      return start === '' ? [] : [start]
    })
    return [...new Set(starts)]
  }

  async #originalText(prompt: string, task: Task): Promise<string> {
    const { reference } = modelInUse(this.#session.workspace())
    const modelHash = await this.#session.workbench.models.modelHash(reference, task.signal)
    const key = JSON.stringify([modelHash, prompt])
    const known = this.#originalTexts.get(key)
    if (known !== undefined) return known
    const text = await this.#text(prompt, null, task)
    this.#originalTexts.set(key, text)
    for (const oldest of this.#originalTexts.keys()) {
      if (this.#originalTexts.size <= mostTexts) break
      this.#originalTexts.delete(oldest)
    }
    return text
  }

  async #text(prompt: string, plan: Plan | null, task: Task): Promise<string> {
    const model = modelInUse(this.#session.workspace()).reference
    const request = { model, prompt: { text: prompt, specialTokens: false }, plan, temperature: 0, seed }
    return (await generateText(this.#session.workbench.models, { ...request, maxNewTokens: previewTokens }, task)).text
  }
}

/** Null when the sample could not be measured under the plan. */
async function glanceOf(sample: PreviewSample, plan: Plan | null, task: Task): Promise<Glance | null> {
  const { set, estimator, measurement, original } = sample
  const unlearned = plan === null ? original : (await measurement.run(plan, task)).results[estimator]
  if (!original.ok || !unlearned?.ok) return null
  const delta = deltaOf(original, unlearned, seed)
  if (delta === null) return null
  return {
    dataset: set.id,
    name: set.document.name,
    side: set.side,
    metric: set.metric,
    estimator,
    unit: original.unit,
    original: original.value,
    unlearned: unlearned.value,
    delta: { value: delta.value, low: delta.low, high: delta.high },
    n: original.n,
  }
}

/** The first words of a text on one line's worth of prompt; spaces at the end would change what comes next. */
function firstWords(text: string, words: number): string {
  const start = text.trimStart().slice(0, 4000)
  const ends = [...start.matchAll(/\S+/g)].map((match) => match.index + match[0].length)
  return start.slice(0, ends[Math.min(words, ends.length) - 1] ?? 0)
}
