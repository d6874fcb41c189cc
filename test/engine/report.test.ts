import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { NeuronId } from '../../src/contract/neuron.ts'
import { readTextFile } from '../../src/main/services/files-of-lines.ts'
import { planHashOf, readPlan } from '../../src/main/services/plans/plans.ts'
import { describePlan } from '../../src/main/services/plans/resolve-plan.ts'
import { parseRecipe } from '../../src/main/services/recipes/recipe-schema.ts'
import { runRecipe } from '../../src/main/services/recipes/run-recipe.ts'
import { readWorkspace } from '../../src/main/services/reports/workspace-view.ts'
import { quietTask } from '../../src/main/services/task.ts'
import { failureOfCall, giveConcepts, openCutting, type Cutting } from './cutting.ts'

let cutting: Cutting
let scratch: string
beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'snip-report-test-'))
  cutting = await openCutting(3)
})
afterAll(async () => {
  await cutting.dispose()
  rmSync(scratch, { recursive: true, force: true })
})

describe('a workspace that people worked in', () => {
  let planHash: string
  let neurons: readonly NeuronId[]
  let written: Awaited<ReturnType<Cutting['client']['exports']['report']>>

  beforeAll(async () => {
    const { client, session, finish } = cutting
    await giveConcepts(cutting)
    const { store } = session.workspace()
    await store.edit('Edited by hand', [
      { kind: 'concept-edit', key: 'mlp:1:10', after: { text: 'numbers <script>alert(1)</script>', author: 'person' } },
      { kind: 'concept-edit', key: 'mlp:2:5', after: { text: 'numbers', author: 'person' } },
      { kind: 'review', key: 'mlp:1:0', after: { status: 'rejected' } },
    ])
    await client.forgetConcepts.add({ text: 'numbers', weight: 2 })
    await client.forgetConcepts.add({ text: 'names of people', weight: 0.25 })
    const make = { preset: null, params: {}, seed: 7, forget: null, retain: null }
    const snip = await finish(await client.rankings.make({ ...make, method: 'snip', preset: 'corrected' }))
    await finish(await client.rankings.make({ ...make, method: 'random' }))
    await client.neurons.pin({ neurons: ['mlp:0:3', 'attention:1:5', 'mlp:1:10'], pin: 'always' })
    await client.neurons.pin({ neurons: ['mlp:2:5', 'mlp:1:15'], pin: 'never' })
    await client.workspace.setCut({ ranking: snip, k: 24 })
    const choice = { kind: 'cut', ranking: snip, k: 24 } as const
    await client.plans.save({ plan: { ...choice, k: 9 }, name: 'Nine of them' })
    await finish(await client.runs.measure({ plan: choice, tokens: 640, seed: 2 }))
    await finish(
      await client.sweeps.start({ rankings: [snip], grid: ['0%', '24'], control: true, tokens: 640, seed: 1 }),
    )
    await finish(
      await client.exports.start({ plan: choice, realisation: 'compact', name: 'less', folder: null, weights: null }),
    )
    const plan = await describePlan(session, choice)
    planHash = plan.planHash
    neurons = plan.plan!.neurons
    written = await client.exports.report({ name: 'first' })
  })

  test('gets a report and a recipe in its folder, and never two of one name', async () => {
    const { client, session } = cutting
    expect(written.report).toBe(session.workspace().file('reports', 'first.html'))
    expect(written.recipe).toBe(session.workspace().file('reports', 'first.recipe.yaml'))
    expect(written.files).toEqual([session.workspace().file('reports', 'first-files', 'concepts.jsonl')])
    expect(written.notes).toEqual([])
    expect((await failureOfCall(client.exports.report({ name: 'first' }))).kind).toBe('exists')
    expect((await failureOfCall(client.exports.report({ name: '../first' }))).kind).toBe('bad-argument')
  })

  test('has its numbers, its hashes and its edits in the report, and nothing of the data is markup', () => {
    const page = readTextFile(written.report)
    expect(page).not.toContain('<script')
    expect(page).toContain('numbers &lt;script&gt;alert(1)&lt;/script&gt;')
    expect(page).toContain(planHash)
    const { store } = cutting.session.workspace()
    expect(page).toContain(store.get('model', 'model')!.modelHash)
    for (const { dataHash } of store.all('dataset').values()) expect(page).toContain(dataHash)
    const [run] = store.all('run').values()
    for (const { unlearned, delta } of run!.comparisons) {
      if (!unlearned.ok || delta === null) throw new Error('expected to be measured')
      expect(page).toContain(`title="${unlearned.value} [${unlearned.ci.low}, ${unlearned.ci.high}]"`)
      expect(page).toContain(`title="${delta.value} [${delta.low}, ${delta.high}]"`)
    }
    const [exported] = store.all('export').values()
    for (const { sha256 } of exported!.files) expect(page).toContain(sha256)
    expect(page).not.toContain(cutting.folder)
  })

  test('is told the same by a second reader while it is open, without anything written into it', async () => {
    const view = await readWorkspace(cutting.session.workspace().folder, cutting.session.resources)
    expect([...view.store.all('pin').keys()]).toEqual([...cutting.session.workspace().store.all('pin').keys()])
    const again = await cutting.client.exports.report({ name: 'second' })
    expect(readTextFile(again.report)).toBe(readTextFile(written.report))
    expect(readTextFile(again.recipe!).replaceAll('second', 'first')).toBe(readTextFile(written.recipe!))
  })

  test('is done again by its recipe: the same neurons, from the same edits and pins', async () => {
    const { models } = cutting.session.workbench
    const recipe = parseRecipe(readTextFile(written.recipe!), 'first.recipe.yaml')
    const task = Object.keys(recipe.tasks).at(-1)
    expect(recipe.tasks[task!]!.pins).toEqual({
      always: ['mlp:0:3', 'attention:1:5', 'mlp:1:10'],
      never: ['mlp:2:5', 'mlp:1:15'],
    })
    const out = join(scratch, 'again')
    const { tasks } = await runRecipe(models, { recipe: written.recipe!, out }, quietTask())
    const plan = readPlan(join(out, 'plans', `${task}.cut.json`))
    expect(plan.neurons).toEqual(neurons)
    expect(planHashOf(plan)).toBe(planHash)
    expect(readPlan(join(out, 'plans', `${task}.nine-of-them.json`)).neurons).toHaveLength(9)
    const { exported, lines } = tasks.get(task!)!
    expect(exported?.contents.planHash).toBe(planHash)
    expect(exported?.contents.verification.passed).toBe(true)
    const [manifest] = await cutting.client.exports.list()
    const hashOf = (files: readonly { name: string; sha256: string }[]) =>
      files.find(({ name }) => name.endsWith('.onnx'))?.sha256
    expect(hashOf(exported!.contents.files)).toBe(hashOf(manifest!.files))
    const [sweep] = await cutting.client.sweeps.list()
    const values = (points: readonly { k: number; method: string; results: Readonly<Record<string, unknown>> }[]) =>
      points.map(({ k, method, results }) => [k, method, (results['lossNats'] as { value: number } | undefined)?.value])
    expect(values(lines)).toEqual(values(sweep!.points))
    // Opened as a workspace, or reported on, the result stands where the person stood.
    const view = await readWorkspace(out, cutting.session.resources)
    expect(view.store.get('cut', 'cut')?.k).toBe(24)
    expect(view.store.all('pin').size).toBe(5)
  })

  test('without what a ranking was made of gives it as a file, and says so', async () => {
    const { client, session } = cutting
    const workspace = session.workspace()
    const [id] = [...workspace.store.all('ranking')].find(([, { method }]) => method === 'snip')!
    rmSync(workspace.file('jobs', id, 'work', 'concepts.jsonl'))
    await workspace.store.edit('Edited', [
      { kind: 'concept-edit', key: 'mlp:1:8', after: { text: 'numbers', author: 'person' } },
    ])
    const third = await client.exports.report({ name: 'third' })
    expect(third.notes).toEqual([
      'The ranking SNIP: concept similarity (corrected) is taken from its file: its concepts changed since',
    ])
    expect(existsSync(join(third.folder, 'third-files'))).toBe(false)
    expect(readFileSync(third.recipe!, 'utf8')).toContain(`file: ../rankings/${id}.jsonl`)
    const out = join(scratch, 'third')
    mkdirSync(out)
    const { tasks } = await runRecipe(session.workbench.models, { recipe: third.recipe!, out }, quietTask())
    expect([...tasks.values()].at(-1)?.exported?.contents.planHash).toBe(planHash)
  })

  test('that has no model gets a report and no recipe', async () => {
    const { session, client, folder } = cutting
    await session.workspaces.create(folder, 'empty')
    const report = await client.exports.report({ name: 'empty' })
    expect(report.recipe).toBeNull()
    expect(readTextFile(report.report)).toContain('Nothing was removed from a model that is not chosen yet')
  })
})
