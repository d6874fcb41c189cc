import type { Locator, Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import {
  continued,
  copied,
  dataSets,
  expectBrokenRow,
  expectContinuations,
  expectCut,
  expectExamples,
  expectExported,
  expectMeasures,
  expectNeuronNumbers,
  expectPreview,
  expectRecording,
  logprobsByCommand,
  measureRows,
  painted,
  rankedNeurons,
  watchGrowth,
} from './story-steps.ts'
import { buttonOf, byLabel, inspector, inStory, newestIn, side, slider, type Story, usableRows } from './story.ts'

const tokens = 640
const prompt = 'The old man said that he would go to the river'

let story: Story
let page: Page
/** Ranking files by method, and the order that the slider follows. */
const files: Record<string, string> = {}
let order: { neuron: string; score: number | null }[]
let plan: string
let shown: Awaited<ReturnType<typeof copied>>
const k = 24
const text = 'When the boy had eaten his supper he shut the door behind him and looked up at the stars.'

inStory((opened) => {
  story = opened
  page = opened.page
})

const step = (name: RegExp) => page.getByRole('navigation', { name: 'Steps' }).getByRole('link', { name })
const button = (name: string | RegExp, within: Page | Locator = page) => buttonOf(within, name)

async function choose(label: string, option: string | RegExp, within: Page | Locator = page): Promise<void> {
  await within.getByRole('combobox', { name: label, exact: true }).click()
  await page.getByRole('option', typeof option === 'string' ? { name: option, exact: true } : { name: option }).click()
}

describe('the whole job by mouse', () => {
  test('the demo opens with one click', async () => {
    await button(/^Open the demo/).click()
    await page.locator('main[data-view=prune]').waitFor()
    await slider(page).waitFor()
    await expect.poll(() => slider(page).getAttribute('aria-valuetext')).toBe('307 of 3,072 neurons (9.99 %)')
  })

  test('a table is uploaded, its torn row told by its line, and imported under two uses', async () => {
    await step(/Data/).click()
    await button('Import data…').click()
    const chooser = page.waitForEvent('filechooser')
    await button('Upload a file from this computer').click()
    await (await chooser).setFiles(story.table)
    await expectBrokenRow(page)
    const form = page.getByRole('form', { name: 'Import' })
    await byLabel(page, 'Name').fill('stories')
    await form.getByRole('checkbox', { name: 'Probe', exact: true }).click()
    await form.getByRole('checkbox', { name: 'Evaluate as retain', exact: true }).click()
    await button(`Import ${usableRows} documents`, form).click()
    await expect.poll(() => button(/^stories/).innerText()).toContain('Probe, Evaluate as retain')
  })

  test('its neurons are recorded, and a page shows the numbers of the command line', async () => {
    await step(/Neurons/).click()
    await button('Record again…').click()
    const dialog = page.getByRole('dialog', { name: 'Record again' })
    await choose('Texts', 'stories (probe)', dialog)
    await byLabel(page, 'Tokens').fill(String(tokens))
    await button('Record 3,840 neurons', dialog).click()
    await expectRecording(page, `recorded over stories, ${tokens} tokens`)
    const row = page.getByRole('grid', { name: 'Neurons' }).locator('[data-row="5"]')
    await row.dblclick()
    await expect.poll(() => inspector(page).count()).toBe(1)
    await expectNeuronNumbers(story, 'mlp:0:5', tokens)
  })

  test('the most peaked neurons are explained', async () => {
    await button('Explain neurons…').click()
    const dialog = page.getByRole('dialog', { name: 'Explain neurons' })
    await dialog.getByRole('checkbox', { name: /^attention/ }).uncheck()
    await dialog.getByRole('checkbox', { name: 'mlp (3,072)', exact: true }).waitFor()
    await byLabel(page, 'At most').fill('120')
    await button('Explain 120 neurons', dialog).click()
    await dialog.waitFor({ state: 'hidden' })
    await button('Explain neurons…').click()
    await expect.poll(() => dialog.getByRole('checkbox', { name: 'mlp (2,952)', exact: true }).count()).toBe(1)
    await dialog.getByRole('button', { name: 'Close' }).click()
  })

  test('neurons are ranked by SNIP and at random', async () => {
    await step(/Rank and prune/).click()
    for (const method of ['SNIP: concept similarity', 'Random order']) {
      const before = newestIn(story.workspace, 'rankings')
      await button('New ranking').click()
      const dialog = page.getByRole('dialog', { name: 'New ranking' })
      await choose('Method', method, dialog)
      await button(/^Rank neurons by/, dialog).click()
      await expect.poll(() => newestIn(story.workspace, 'rankings')).not.toBe(before)
      files[method] = newestIn(story.workspace, 'rankings')
    }
  })

  test('the slider chooses how many go; what is shown is the ranking file', async () => {
    await choose('Ranking in use', /^Random order( \(\w+\))?$/)
    await button('Prune 5 %').click()
    await expectCut(page, rankedNeurons(files['Random order']!), 154, 3072)
    await choose('Ranking in use', /^SNIP: concept similarity \(paper\)$/)
    order = rankedNeurons(files['SNIP: concept similarity']!)
    expect(order).toHaveLength(120)
    const plot = (await slider(page).locator('xpath=..').boundingBox())!
    await page.mouse.move(plot.x + 60, plot.y + 60)
    await page.mouse.down()
    await page.mouse.move(plot.x + plot.width / 2, plot.y + 60, { steps: 5 })
    await page.mouse.up()
    await painted(page)
    const dragged = Number(await slider(page).getAttribute('aria-valuenow'))
    expect(dragged).toBeGreaterThan(2)
    await expectCut(page, order, dragged, 3072)
    await byLabel(page, 'Number of neurons').fill(String(k))
    await page.getByRole('heading', { name: 'Preview' }).click()
    await expectCut(page, order, k, 3072)
    await expectPreview(page, k)
  })

  test('a neuron that is pinned goes first, and the others move up', async () => {
    const pinned = order[k]!
    await page.getByTitle(`Always prune ${pinned.neuron}`).click()
    await page.getByText('1 pinned stands first').waitFor()
    order = [pinned, ...order.filter((one) => one !== pinned)]
    await expectCut(page, order, k, 3072)
    await expectPreview(page, k)
  })

  test('the cut is kept as a plan and measured fully, with the numbers of the command line', async () => {
    await button('Save plan').click()
    const save = page.getByRole('dialog', { name: 'Save plan' })
    await byLabel(page, 'Name of the plan').fill('story')
    await button('Save plan', save).click()
    await save.waitFor({ state: 'hidden' })
    plan = newestIn(story.workspace, 'plans')
    await step(/Compare/).click()
    await choose('Plan', 'Plan: story')
    await button('Measure fully', page.getByRole('main')).click()
    const measure = page.getByRole('dialog', { name: 'Measure fully' })
    await byLabel(page, 'Tokens of each text').fill(String(tokens))
    await measure.getByRole('checkbox', { name: 'cloze-verbs' }).click()
    await button('Measure fully', measure).click()
    await measureRows(page).first().waitFor()
    await expectMeasures(story, plan, tokens, dataSets(story.table))
    await measureRows(page).first().getByRole('button').first().click()
    await expectExamples(page)
  })

  test('both models write with one seed, as tokens come, and changed words are marked', async () => {
    await byLabel(page, 'New prompt').fill(prompt)
    await button('Add prompt').click()
    await expect
      .poll(() => page.getByRole('grid', { name: 'Prompts' }).locator('[data-active]').innerText())
      .toContain(prompt)
    await fillNumber('Tokens', String(continued))
    await fillNumber('Temperature', '0.8')
    await fillNumber('Seed', '7')
    const growth = await watchGrowth(page)
    await button('Generate side by side').click()
    await page.getByText(/words of the original became|Both wrote the same words/).waitFor()
    expect(await growth()).toBeGreaterThan(3)
    const { original, unlearned } = await expectContinuations(story, prompt, plan)
    await expect
      .poll(async () => (await side(page, 'unlearned').locator('ins').count()) > 0)
      .toBe(original !== unlearned)
  })

  test('log-probabilities of a text are shown as the command line gives them', async () => {
    await byLabel(page, 'New prompt').fill(text)
    await button('Add prompt').click()
    await page.getByText('Log-probabilities', { exact: true }).click()
    const group = page.getByRole('group', { name: /^Text of the original, shaded/ })
    await expect.poll(() => group.innerText()).toContain('shut the door behind him')
    await button("Copy the numbers of the original's text").click()
    shown = await copied(page)
    const { original, unlearned } = await logprobsByCommand(story, text, plan)
    expect(shown.original).toEqual([null, ...original])
    expect(shown.unlearned).toEqual([null, ...unlearned])
    expect(unlearned).not.toEqual(original)
  })

  test('the pruned model is exported zeroed and compact; the files say what was shown', async () => {
    await step(/Export/).click()
    await choose('Plan', 'Plan: story')
    for (const [kind, name, allowed] of [
      ['Zeroed', 'story-zeroed', 0],
      ['Compact', 'story-compact', 1e-4],
    ] as const) {
      await page.getByRole('radio', { name: kind, exact: true }).click()
      await byLabel(page, 'Name').fill(name)
      await button(`Export without ${k} neurons`).click()
      await expectExported(story, name, text, shown.unlearned, allowed)
    }
  })

  test('an edit is taken back from the menu', async () => {
    await step(/Data/).click()
    await button(/^stories/).click()
    const probe = page.getByRole('checkbox', { name: 'Probe', exact: true })
    await probe.uncheck()
    await expect.poll(() => button(/^stories/).innerText()).not.toContain('Probe')
    await button(/^SNIP demo/).click()
    await page.getByRole('menuitem', { name: /^Undo/ }).click()
    await expect.poll(() => probe.isChecked()).toBe(true)
    await expect.poll(() => button(/^stories/).innerText()).toContain('Probe, Evaluate as retain')
  })

  test('nothing was logged and no policy was broken', () => {
    expect(story.workbench.problems()).toEqual([])
  })
})

async function fillNumber(label: string, value: string): Promise<void> {
  await page.getByRole('main').getByLabel(label, { exact: true }).fill(value)
}
