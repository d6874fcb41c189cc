import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openWorkbench, type Opened } from '../support/browser.ts'
import { axeFindings } from './axe-findings.ts'

let workbench: Opened
let page: Page

beforeAll(async () => {
  workbench = await openWorkbench({
    context: { viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce' },
  })
  page = workbench.page
  await page.getByRole('button', { name: /^Open the demo/ }).waitFor()
})

afterAll(() => workbench?.close())

/** Opens a view and waits for what it shows last. */
async function goTo(hash: string, ready: () => Promise<unknown>): Promise<void> {
  await page.evaluate((to) => void (location.hash = to), `#/${hash}`)
  await ready()
}

describe('axe finds nothing, light and dark,', () => {
  test('in the first-run screen and its file browser', async () => {
    expect(await axeFindings(page, 'html')).toEqual([])
    await page.getByRole('button', { name: /^Open a workspace/ }).click()
    await page.getByRole('listbox', { name: 'Files and folders' }).waitFor()
    expect(await axeFindings(page, 'html')).toEqual([])
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: /^Open the demo/ }).click()
    await page.getByRole('slider', { name: 'Neurons to prune' }).waitFor()
  })

  const heading = (name: string) => () => page.getByRole('heading', { level: 1, name }).waitFor()
  test.each<[string, () => Promise<unknown>]>([
    ['start', () => page.getByRole('heading', { level: 1, name: 'SNIP Workbench' }).waitFor()],
    ['model', heading('Model')],
    ['data', () => page.getByRole('list', { name: 'Data sets' }).waitFor()],
    ['data/evaluate-code', () => page.getByRole('heading', { name: 'Documents' }).waitFor()],
    ['neurons', () => page.getByRole('grid', { name: 'Neurons' }).waitFor()],
    ['neurons/mlp:1:17', () => page.getByText('Where it is active').waitFor()],
    ['forget', () => page.getByRole('grid', { name: 'Forget concepts' }).waitFor()],
    ['prune', () => page.getByText(/^k = \d+, \d/).waitFor()],
    ['compare', () => page.getByRole('heading', { name: 'Side by side' }).waitFor()],
    ['export', () => page.getByRole('button', { name: /^Export without/ }).waitFor()],
    ['jobs', heading('Jobs')],
    ['settings', () => page.getByRole('table').first().waitFor()],
  ])('in #/%s', async (hash, ready) => {
    await goTo(hash, ready)
    expect(await axeFindings(page, 'html')).toEqual([])
  })

  test('in the palette, the list of shortcuts and the menu of the workspace', async () => {
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox', { name: /^Command/ }).waitFor()
    expect(await axeFindings(page, 'html')).toEqual([])
    await page.keyboard.press('Escape')
    await page.getByRole('combobox', { name: /^Command/ }).waitFor({ state: 'detached' })
    await page.keyboard.press('?')
    await page.getByRole('dialog', { name: 'Shortcuts' }).waitFor()
    expect(await axeFindings(page, 'html')).toEqual([])
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'SNIP demo' }).click()
    await page.getByRole('menuitem', { name: /^Undo/ }).waitFor()
    expect(await axeFindings(page, 'html')).toEqual([])
    await page.keyboard.press('Escape')
  })

  test('in the forms that stand over the views', async () => {
    for (const [hash, name, dialog] of [
      ['neurons', 'Record again…', 'Record again'],
      ['neurons', 'Explain neurons…', 'Explain neurons'],
      ['prune', 'New ranking', 'New ranking'],
      ['prune', 'Sweep k', 'Sweep k'],
      ['prune', 'Save plan', 'Save plan'],
      ['compare', 'Measure fully', 'Measure fully'],
    ] as const) {
      const button = page.getByRole('main').getByRole('button', { name, exact: true })
      await goTo(hash, () => button.waitFor())
      await button.click()
      const form = page.getByRole('dialog', { name: dialog, exact: true })
      await form.locator('button[type=submit]').waitFor()
      expect(await axeFindings(page, 'html'), dialog).toEqual([])
      await form.getByRole('button').first().click()
      await form.waitFor({ state: 'detached' })
    }
  })

  test('and nothing was logged and no policy was broken', () => {
    expect(workbench.problems()).toEqual([])
  })
})
