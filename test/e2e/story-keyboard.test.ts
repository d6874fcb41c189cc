import type { Locator, Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { pathBox } from './file-window.ts'
import { formatSigned } from '../../src/renderer/components/numbers.ts'
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
  rankedNeurons,
  watchGrowth,
} from './story-steps.ts'
import { buttonOf, inStory, newestIn, side, slider, type Story, usableRows } from './story.ts'

const tokens = 640
const k = 192
const prompt = 'The king had three sons and'
const text = 'She opened the door and saw that the garden was full of flowers.'

let story: Story
let page: Page
const files: Record<string, string> = {}
let order: { neuron: string; score: number | null }[]
let plan: string
let shown: Awaited<ReturnType<typeof copied>>

inStory(async (opened) => {
  story = opened
  page = opened.page
  await page.evaluate(() => {
    const used: string[] = []
    for (const kind of ['pointerdown', 'mousedown', 'wheel', 'touchstart']) {
      window.addEventListener(kind, () => void used.push(kind), { capture: true })
    }
    Object.assign(window, { snipPointer: used })
  })
})

const press = (keys: string) => page.keyboard.press(keys)
const type = (letters: string) => page.keyboard.type(letters)

const holdsFocus = (element: Element) => element.contains(document.activeElement)

/** True where no window is open, or the one on top has the focus. */
const topWindowHoldsFocus = () =>
  [...document.querySelectorAll('[role=dialog][aria-modal=true]')]
    .filter((element) => element.checkVisibility())
    .at(-1)
    ?.contains(document.activeElement) ?? true

/** Presses Tab until the element has the focus, as somebody without a mouse would. */
async function tabTo(target: Locator, way: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
  await expect.poll(() => target.isEnabled()).toBe(true)
  // A window that has just opened takes the focus itself, which must not happen later on.
  await expect.poll(() => page.evaluate(topWindowHoldsFocus)).toBe(true)
  for (let pressed = 0; pressed < 160; pressed++) {
    if (await target.evaluate((element) => element === document.activeElement)) return
    await press(way)
  }
  throw new Error(`${String(target)} is not reached by ${way}`)
}

const button = (name: string | RegExp, within: Page | Locator = page) => buttonOf(within, name)

async function pressButton(name: string | RegExp, within: Page | Locator = page): Promise<void> {
  await tabTo(button(name, within))
  await press('Enter')
}

async function write(label: string, value: string, within: Page | Locator = page): Promise<void> {
  await tabTo(within.getByLabel(label, { exact: true }))
  await press('Control+a')
  await type(value)
}

async function tick(name: string, within: Page | Locator = page): Promise<void> {
  await tabTo(within.getByRole('checkbox', { name, exact: true }))
  await press('Space')
}

/** Opens a list by a key and goes down it to the option. */
async function choose(label: string, option: RegExp, within: Page | Locator = page): Promise<void> {
  await tabTo(within.getByRole('combobox', { name: label, exact: true }))
  await press('ArrowDown')
  await page.getByRole('option').first().waitFor()
  const at = page.locator('[role=option][data-combobox-selected]')
  for (let pressed = 0; pressed < 40; pressed++) {
    if ((await at.count()) === 1 && option.test((await at.innerText()).replaceAll(/\s+/g, ' '))) break
    await press('ArrowDown')
  }
  await expect.poll(async () => (await at.innerText()).replaceAll(/\s+/g, ' ')).toMatch(option)
  await press('Enter')
}

async function command(name: string): Promise<void> {
  await press('Control+k')
  const box = page.getByRole('combobox', { name: /^Command/ })
  await box.waitFor()
  await expect.poll(() => box.evaluate(holdsFocus)).toBe(true)
  await type(name)
  await page.getByRole('option', { name, selected: true }).waitFor()
  await press('Enter')
}

describe('the whole job by keyboard alone', () => {
  test('the demo opens with one key on its button', async () => {
    await pressButton(/^Open the demo/)
    await page.locator('main[data-view=prune]').waitFor()
    await slider(page).waitFor()
    await expect.poll(() => slider(page).getAttribute('aria-valuetext')).toBe('307 of 3,072 neurons (9.99 %)')
  })

  test('a table is imported by its path, its torn row told by its line, under two uses', async () => {
    await press('Control+i')
    const dialog = page.getByRole('dialog', { name: 'Choose a data file' })
    await pathBox(page)
    await write('Path; Enter goes there', story.table, dialog)
    await press('Enter')
    await expectBrokenRow(page)
    const form = page.getByRole('form', { name: 'Import' })
    await write('Name', 'stories', form)
    await tick('Retain', form)
    await tick('Evaluate as retain', form)
    await tabTo(button(`Import ${usableRows} documents`, form), 'Shift+Tab')
    await press('Enter')
    await expect.poll(() => button(/^stories/).innerText()).toContain('Retain, Evaluate as retain')
  })

  test('neurons are recorded, and a page shows the numbers of the command line', async () => {
    await press('Alt+3')
    await page.getByRole('grid', { name: 'Neurons' }).waitFor()
    await command('Record again')
    const dialog = page.getByRole('dialog', { name: 'Record again' })
    await write('Tokens', String(tokens), dialog)
    await press('Enter')
    await expectRecording(page, `recorded over probe, ${tokens} tokens`)
    await tabTo(page.getByRole('grid', { name: 'Neurons' }))
    await press('g')
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.getAttribute('aria-label')))
      .toBe('Jump to layer:index')
    await type('2:117')
    await press('Enter')
    await expectNeuronNumbers(story, 'mlp:2:117', tokens)
  })

  test('the recording of before, whose neurons have concepts, is taken again', async () => {
    await choose('Recording whose evidence is shown', /^recorded over probe, 59,968 tokens$/)
    await expectRecording(page, 'recorded over probe, 59,968 tokens')
  })

  test('neurons are ranked by SNIP and at random', async () => {
    await press('Alt+5')
    await slider(page).waitFor()
    await expect.poll(() => page.getByText('This ranking is out of date').count()).toBe(0)
    for (const method of ['SNIP: concept similarity', 'Random order']) {
      const before = newestIn(story.workspace, 'rankings')
      await pressButton('New ranking')
      const dialog = page.getByRole('dialog', { name: 'New ranking' })
      await choose('Method', new RegExp(`^${method}$`), dialog)
      await pressButton(/^Rank neurons by/, dialog)
      await expect.poll(() => newestIn(story.workspace, 'rankings')).not.toBe(before)
      files[method] = newestIn(story.workspace, 'rankings')
    }
  })

  test('the slider chooses how many go; what is shown is the ranking file', async () => {
    await choose('Ranking in use', /^Random order( \(\w+\))?$/)
    await tabTo(slider(page))
    await press('Home')
    for (const key of ['Shift+PageUp', 'PageUp', 'ArrowRight', 'ArrowRight']) await press(key)
    await expectCut(page, rankedNeurons(files['Random order']!), 112, 3072)
    await tabTo(page.getByRole('combobox', { name: 'Ranking in use' }), 'Shift+Tab')
    await choose('Ranking in use', /^SNIP: concept similarity \(paper\)$/)
    order = rankedNeurons(files['SNIP: concept similarity']!)
    await expectCut(page, order, 112, 3072)
    await write('Percent of all neurons', '6.25')
    await press('Enter')
    await expectCut(page, order, k, 3072)
    await expectPreview(page, k)
  })

  test('a neuron pinned to stay leaves the order, undo brings it back, and redo takes it out again', async () => {
    const pinned = order[k - 7]!
    const without = order.filter((one) => one !== pinned)
    await tabTo(page.getByTitle(`Never prune ${pinned.neuron}`))
    await press('Enter')
    await expectCut(page, without, k, 3072)
    await press('Control+z')
    await expectCut(page, order, k, 3072)
    await press('Control+Shift+z')
    await expectCut(page, without, k, 3072)
    order = without
  })

  test('the cut is kept as a plan and measured fully, with the numbers of the command line', async () => {
    await pressButton('Save plan')
    await page.getByRole('dialog', { name: 'Save plan' }).waitFor()
    await write('Name of the plan', 'story')
    await press('Enter')
    await page.getByRole('dialog', { name: 'Save plan' }).waitFor({ state: 'hidden' })
    plan = newestIn(story.workspace, 'plans')
    await press('Alt+6')
    await page.getByRole('heading', { level: 1, name: 'Compare' }).waitFor()
    await choose('Plan', /^Plan: story$/)
    await command('Measure the plan fully')
    const measure = page.getByRole('dialog', { name: 'Measure fully' })
    await tick('cloze-verbs', measure)
    await write('Tokens of each text', String(tokens), measure)
    await press('Enter')
    await measureRows(page).first().waitFor()
    await expectMeasures(story, plan, tokens, dataSets(story.table))
    await tabTo(measureRows(page).first().getByRole('button').first())
    await press('Enter')
    await expectExamples(page)
  })

  test('both models write with one seed, as tokens come, and changed words are marked', async () => {
    await tabTo(page.getByLabel('New prompt'))
    await type(prompt)
    await press('Control+Enter')
    await expect
      .poll(() => page.getByRole('grid', { name: 'Prompts' }).locator('[data-active]').innerText())
      .toContain(prompt)
    await write('Tokens', String(continued), page.getByRole('main'))
    await write('Temperature', '0.8', page.getByRole('main'))
    await write('Seed', '7', page.getByRole('main'))
    const growth = await watchGrowth(page)
    await press('Control+Enter')
    await page.getByText(/words of the original became|Both wrote the same words/).waitFor()
    expect(await growth()).toBeGreaterThan(3)
    const { original, unlearned } = await expectContinuations(story, prompt, plan)
    expect(unlearned).not.toBe(original)
    await expect.poll(() => side(page, 'original').locator('del').count()).toBeGreaterThan(0)
  })

  test('log-probabilities are read token by token, and are those of the command line', async () => {
    await tabTo(page.getByLabel('New prompt'), 'Shift+Tab')
    await type(text)
    await press('Control+Enter')
    await expect
      .poll(() => page.getByRole('grid', { name: 'Prompts' }).locator('[data-active]').innerText())
      .toContain('full of flowers')
    await tabTo(page.getByRole('radio', { name: 'Words', exact: true }))
    await press('ArrowRight')
    const group = page.getByRole('group', { name: /^Text of the original, shaded/ })
    await expect.poll(() => group.innerText()).toContain('full of flowers')
    const { original, unlearned } = await logprobsByCommand(story, text, plan)
    await tabTo(group)
    await press('ArrowRight')
    for (const [at, before] of original.slice(0, 6).entries()) {
      await press('ArrowRight')
      const [first, second] = [formatSigned(before), formatSigned(unlearned[at]!)]
      await expect.poll(() => group.getByRole('status').innerText()).toContain(`: ${first} → ${second} nats`)
    }
    await pressButton("Copy the numbers of the original's text")
    shown = await copied(page)
    expect(shown.original).toEqual([null, ...original])
    expect(shown.unlearned).toEqual([null, ...unlearned])
  })

  test('the pruned model is exported zeroed and compact; the files say what was shown', async () => {
    await press('Alt+7')
    await page.getByRole('heading', { level: 1, name: 'Export' }).waitFor()
    await choose('Plan', /^Plan: story$/)
    await page.getByRole('radio', { name: 'Compact', exact: true }).waitFor()
    for (const [kind, key, name, allowed] of [
      ['Compact', 'ArrowDown', 'story-zeroed', 0],
      ['Zeroed', 'ArrowUp', 'story-compact', 1e-4],
    ] as const) {
      await tabTo(page.getByRole('radio', { name: kind, exact: true }), kind === 'Compact' ? 'Tab' : 'Shift+Tab')
      await press(key)
      await write('Name', name)
      await expect.poll(() => button(`Export without ${k} neurons`).isEnabled()).toBe(true)
      await press('Enter')
      await expectExported(story, name, text, shown.unlearned, allowed)
    }
  })

  test('no pointer was used, nothing was logged and no policy was broken', async () => {
    expect(await page.evaluate(() => (window as unknown as { snipPointer: string[] }).snipPointer)).toEqual([])
    expect(story.workbench.problems()).toEqual([])
  })
})
