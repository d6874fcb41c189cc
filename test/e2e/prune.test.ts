import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Page } from 'playwright-core'
import type { Opened } from '../support/browser.ts'
import { axeFindings } from './axe-findings.ts'
import { goTo, openDemoAt } from './prune-page.ts'

let workbench: Opened
let page: Page

beforeAll(async () => {
  workbench = await openDemoAt('prune')
  page = workbench.page
  await slider().waitFor()
})

afterAll(() => workbench?.close())

function slider() {
  return page.getByRole('slider', { name: 'Neurons to prune' })
}

function valueText() {
  return slider().getAttribute('aria-valuetext')
}

/** How far the handle is from a number of neurons. */
async function distanceTo(k: number): Promise<number> {
  return Math.abs(Number(await slider().getAttribute('aria-valuenow')) - k)
}

async function prunedByLayer(): Promise<number> {
  const cells = await page.locator('section[aria-label="What goes, by layer"] td:nth-child(3)').allInnerTexts()
  return cells.reduce((sum, text) => sum + Number(text.split(' of ')[0]?.replaceAll(',', '')), 0)
}

async function fillBox(name: string, value: string): Promise<void> {
  await page.getByLabel(name, { exact: true }).fill(value)
  await page.getByLabel(name, { exact: true }).press('Enter')
}

describe('rank and prune', () => {
  test('the slider moves by keys: 1, 10, with Shift ten times as far, and to the ends', async () => {
    await slider().focus()
    await page.keyboard.press('Home')
    await expect.poll(() => valueText()).toBe('0 of 3,072 neurons (0 %)')
    for (const key of ['PageUp', 'Shift+PageUp', 'ArrowRight', 'Shift+ArrowRight', 'ArrowLeft', 'PageDown']) {
      await page.keyboard.press(key)
    }
    await expect.poll(() => valueText()).toBe('110 of 3,072 neurons (3.58 %)')
    await page.keyboard.press('End')
    await expect.poll(() => valueText()).toBe('3,072 of 3,072 neurons (100 %)')
    await expect.poll(() => prunedByLayer()).toBe(3072)
  })

  test('a percent, a count and a score are taken exactly, and the layers add up to them', async () => {
    await fillBox('Percent of all neurons', '6.25')
    await expect.poll(() => valueText()).toBe('192 of 3,072 neurons (6.25 %)')
    await expect.poll(() => prunedByLayer()).toBe(192)
    const score = await page.getByLabel('Score of the last neuron that goes').inputValue()
    await fillBox('Number of neurons', '61')
    await expect.poll(() => prunedByLayer()).toBe(61)
    await fillBox('Score of the last neuron that goes', score)
    // Three digits of a score name it only to within its neighbours.
    await expect.poll(() => distanceTo(192)).toBeLessThan(6)
  })

  test('the mouse takes the handle to a tick, on either scale', async () => {
    await page.getByRole('button', { name: 'Prune 5 %' }).click()
    await expect.poll(() => valueText()).toBe('154 of 3,072 neurons (5.01 %)')
    await page.getByText('Linear', { exact: true }).click()
    await expect.poll(() => valueText()).toBe('154 of 3,072 neurons (5.01 %)')
    const plot = (await slider().locator('xpath=..').boundingBox())!
    await page.mouse.move(plot.x + 60, plot.y + 60)
    await page.mouse.down()
    await page.mouse.move(plot.x + 44 + (plot.width - 64) / 2, plot.y + 60, { steps: 4 })
    await page.mouse.up()
    await expect.poll(() => distanceTo(1536)).toBeLessThan(8)
    await page.getByText('Log', { exact: true }).click()
  })

  test('the preview follows, with changes of the measures and two texts', async () => {
    await fillBox('Number of neurons', '192')
    const preview = page.locator('section[aria-label="Preview"]')
    await expect.poll(() => preview.getByRole('status').first().innerText()).toMatch(/^k = 192, \d+\.\d\d s$/)
    await expect.poll(() => preview.locator('tbody tr').count()).toBeGreaterThanOrEqual(2)
    await expect.poll(() => preview.locator('section').count()).toBe(2)
    await expect.poll(() => preview.locator('tbody tr').first().innerText()).toMatch(/[+−]\d.*\[.*\]/)
  })

  test('the cut is kept: a reload shows it again', async () => {
    // The neurons tell the cut that the workspace has kept.
    await goTo(page, 'neurons')
    await page.getByRole('checkbox', { name: 'Goes at the cut (192)' }).waitFor()
    await goTo(page, 'prune')
    await page.reload()
    await slider().waitFor()
    await expect.poll(valueText).toBe('192 of 3,072 neurons (6.25 %)')
  })

  test('a neuron that is pinned to stay leaves the order, and undo brings it back', async () => {
    const neurons = () => page.locator('section[aria-label="At the cut"] tbody button[class*="link"]').allInnerTexts()
    await expect.poll(neurons).toHaveLength(14)
    const before = await neurons()
    const first = before[0]!
    await page.getByTitle(`Never prune ${first}`).click()
    await expect.poll(neurons).not.toContain(first)
    await expect.poll(() => valueText()).toBe('192 of 3,072 neurons (6.25 %)')
    await page.keyboard.press('Control+z')
    await expect.poll(neurons).toEqual(before)
  })

  test('the curves are a table too, from which a k can be taken', async () => {
    await page.getByRole('button', { name: 'Show as table' }).click()
    await page.getByRole('button', { name: 'Use k = 61', exact: true }).click()
    await expect.poll(() => valueText()).toBe('61 of 3,072 neurons (1.99 %)')
    await page.getByRole('button', { name: 'Hide the table' }).click()
  })

  test('a method says what it lacks, and ranks when it lacks nothing', async () => {
    await page.getByRole('button', { name: 'New ranking' }).click()
    const dialog = page.getByRole('dialog', { name: 'New ranking' })
    await dialog.getByRole('combobox', { name: 'Method' }).click()
    await page.getByRole('option', { name: 'Keyword in the concept' }).click()
    await dialog.getByText('Keywords: give at least one.').waitFor()
    await expect.poll(() => dialog.getByRole('button', { name: /^Rank neurons/ }).isDisabled()).toBe(true)
    await dialog.getByLabel('Keywords').fill('bracket')
    await dialog.getByLabel('Keywords').press('Enter')
    await dialog.getByRole('button', { name: /^Rank neurons/ }).click()
    await page.getByRole('button', { name: 'All 9 rankings' }).waitFor()
  })

  test('axe finds nothing, in light and dark', async () => {
    expect(await axeFindings(page)).toEqual([])
    await page.getByRole('button', { name: /^All \d+ rankings$/ }).click()
    expect(await axeFindings(page)).toEqual([])
  })

  test('nothing was logged and no policy was broken', async () => {
    await goTo(page, 'prune')
    expect(workbench.problems()).toEqual([])
  })
})
