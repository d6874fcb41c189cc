import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Page } from 'playwright-core'
import type { Opened } from '../support/browser.ts'
import { axeFindings } from './axe-findings.ts'
import { openDemoAt } from './prune-page.ts'

let workbench: Opened
let page: Page

beforeAll(async () => {
  workbench = await openDemoAt('compare')
  page = workbench.page
  await page.getByRole('heading', { name: 'Side by side' }).waitFor()
})

afterAll(() => workbench?.close())

function prompts() {
  return page.getByRole('grid', { name: 'Prompts' })
}

async function addPrompt(text: string): Promise<void> {
  await page.getByLabel('New prompt').fill(text)
  await page.getByRole('button', { name: 'Add prompt' }).click()
}

function side(name: 'original' | 'unlearned') {
  return page.locator(`[data-side="${name}"]`)
}

describe('compare', () => {
  test('measures a plan fully, and every number opens its examples', async () => {
    await page.getByRole('main').getByRole('button', { name: 'Measure fully' }).click()
    const dialog = page.getByRole('dialog', { name: 'Measure fully' })
    await dialog.getByLabel('Tokens of each text').fill('1280')
    await dialog.getByRole('checkbox', { name: 'cloze-verbs' }).click()
    await dialog.getByRole('button', { name: 'Measure fully' }).click()
    const rows = page.locator('table:has(caption:text-matches("^Measures of")) tbody tr')
    await rows.first().waitFor()
    await expect.poll(() => rows.first().innerText()).toMatch(/\[.*\].*\[.*\].*\[.*\]/s)
    await rows.first().getByRole('button').first().click()
    const inspector = page.getByRole('complementary', { name: /^Examples:/ })
    await inspector.getByText(/^20 windows, .*, largest change first$/).waitFor()
    await expect.poll(() => inspector.getByRole('article').count()).toBe(20)
  })

  test('charts are tables too, and a row of one becomes the cut', async () => {
    const chart = page.getByRole('figure', { name: /^Forget:/ })
    await chart.getByRole('button', { name: 'Show as table' }).click()
    await chart
      .getByRole('button', { name: /^Use k = 154/ })
      .first()
      .click()
    await expect.poll(() => page.locator('main').innerText()).toMatch(/k = 154 \(5\.01 %\)/)
  })

  test('both models continue a prompt with the same seed; changed words are marked', async () => {
    await addPrompt('The old man said that')
    await expect.poll(() => prompts().locator('[data-active]').innerText()).toContain('The old man said that')
    await page.getByRole('button', { name: 'Generate side by side' }).click()
    await page.getByText(/words of the original became|Both wrote the same words/).waitFor()
    await expect.poll(() => side('original').innerText()).toMatch(/^The old man said that/)
    const before = await side('original').innerText()
    await page.getByRole('button', { name: 'Generate side by side' }).click()
    await page.getByText(/words of the original became|Both wrote the same words/).waitFor()
    await expect.poll(() => side('original').innerText()).toBe(before)
  })

  test('log-probabilities are shaded on one scale, and each token tells its numbers by key', async () => {
    await page.getByText('Log-probabilities', { exact: true }).click()
    const left = page.getByRole('group', { name: /^Text of the original, shaded/ })
    await left.waitFor()
    await expect.poll(() => left.innerText()).toContain('The old man said that')
    await left.focus()
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('ArrowRight')
    await expect.poll(() => left.getByRole('status').innerText()).toMatch(/^old: −\d.* → −\d.* nats, change [+−]?\d/)
    await page.getByText('Words', { exact: true }).click()
  })

  test('odd prompts are kept as they are: right to left, emoji, a line of a million characters', async () => {
    await addPrompt('مرحبا بالعالم 🎉👩‍👩‍👧')
    await expect.poll(() => prompts().locator('[data-active]').innerText()).toContain('مرحبا بالعالم 🎉👩‍👩‍👧')
    await addPrompt('x'.repeat(1_000_000))
    await expect.poll(() => prompts().locator('[data-active]').innerText()).toContain('xxx…')
    await page.getByRole('button', { name: 'Generate side by side' }).click()
    await page.getByRole('alert').first().waitFor()
    await expect.poll(() => page.getByRole('alert').first().innerText()).toMatch(/context/)
  })

  test('ten thousand prompts are added at once, and only those in view are drawn', async () => {
    const rowsOfPrompts = async () => Number(await prompts().getAttribute('aria-rowcount'))
    const before = await rowsOfPrompts()
    const lines = Array.from({ length: 10_000 }, (_, i) => `Prompt number ${i + 1}`)
    // As a paste does it: typing so many lines one by one is slow in any text area.
    await page.getByLabel('New prompt').evaluate((box, text) => {
      const prototype = Object.getPrototypeOf(box) as object
      Object.getOwnPropertyDescriptor(prototype, 'value')?.set?.call(box, text)
      box.dispatchEvent(new Event('input', { bubbles: true }))
    }, lines.join('\n'))
    await page.getByRole('button', { name: 'Add 10,000, one per line' }).click()
    await expect.poll(rowsOfPrompts).toBe(before + 10_000)
    await expect.poll(() => prompts().locator('[data-row]').count()).toBeLessThan(60)
    await prompts().focus()
    await page.keyboard.press('End')
    await expect.poll(() => prompts().locator('[data-active]').innerText()).toContain('Prompt number 10000')
  })

  test('axe finds nothing, in light and dark, and nothing was logged', async () => {
    expect(await axeFindings(page)).toEqual([])
    expect(workbench.problems()).toEqual([])
  })
})
