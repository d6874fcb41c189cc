import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Page } from 'playwright-core'
import type { Opened } from '../support/browser.ts'
import { axeFindings } from './axe-findings.ts'
import { openDemoAt } from './prune-page.ts'

let workbench: Opened
let page: Page

beforeAll(async () => {
  workbench = await openDemoAt('forget')
  page = workbench.page
  await grid().locator('[data-row="0"]').waitFor()
})

afterAll(() => workbench?.close())

function grid() {
  return page.getByRole('grid', { name: 'Forget concepts' })
}

async function row(index: number): Promise<string[]> {
  return grid().locator(`[data-row="${index}"] [role="gridcell"]`).allInnerTexts()
}

async function count(): Promise<number> {
  return Number(await grid().getAttribute('aria-rowcount')) - 1
}

describe('forget concepts', () => {
  test('are added, edited, weighed and switched off by keys', async () => {
    const before = await count()
    await page.getByLabel('New forget concept').fill('recipes for bread')
    await page.keyboard.press('Enter')
    await expect.poll(count).toBe(before + 1)
    await grid().focus()
    await page.keyboard.press('End')
    await expect.poll(() => row(before)).toEqual(['on', 'recipes for bread', '1.00', 'person'])
    await page.keyboard.press('Enter')
    await page.keyboard.type('recipes for rye bread')
    await page.keyboard.press('Enter')
    await expect.poll(async () => (await row(before))[1]).toBe('recipes for rye bread')
    await page.keyboard.press('w')
    await page.keyboard.type('2.5')
    await page.keyboard.press('Enter')
    await expect.poll(async () => (await row(before))[2]).toBe('2.50')
    await page.keyboard.press('o')
    await expect.poll(async () => (await row(before))[0]).toBe('off')
  })

  test('go back as they were with undo, step by step', async () => {
    const last = (await count()) - 1
    await page.keyboard.press('Control+z')
    await expect.poll(async () => (await row(last))[0]).toBe('on')
    await page.keyboard.press('Control+z')
    await expect.poll(async () => (await row(last))[2]).toBe('1.00')
  })

  test('are merged into one sentence with the sum of their weights, and parted by undo', async () => {
    const before = await count()
    await grid().focus()
    await page.keyboard.press('Home')
    // The list scrolls first: until then its first rows may not be drawn.
    const firstTwo = async () => [await row(0), await row(1)]
    await expect.poll(async () => (await firstTwo()).map((cells) => cells.length)).toEqual([4, 4])
    const [first, second] = (await firstTwo()) as [string[], string[]]
    await page.keyboard.press('Space')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Space')
    await page.keyboard.press('m')
    const dialog = page.getByRole('dialog', { name: 'Merge forget concepts' })
    const sentence = [first[1]!, second[1]!].sort((a, b) => b.length - a.length)[0]!
    const box = dialog.getByLabel('Sentence of the merged concept')
    await expect.poll(() => box.inputValue()).toBe(sentence)
    await expect.poll(() => box.evaluate((element) => element === document.activeElement)).toBe(true)
    await page.keyboard.press('Enter')
    await expect.poll(count).toBe(before - 1)
    const merged = grid().getByRole('row').filter({ hasText: sentence })
    await expect.poll(() => merged.innerText()).toContain((Number(first[2]) + Number(second[2])).toFixed(2))
    await grid().focus()
    await page.keyboard.press('Control+z')
    await expect.poll(count).toBe(before)
  })

  test('are removed together', async () => {
    const before = await count()
    await grid().focus()
    await page.keyboard.press('End')
    await page.keyboard.press('Delete')
    await expect.poll(count).toBe(before - 1)
    await page.keyboard.press('Control+z')
    await expect.poll(count).toBe(before)
  })

  test('are handed over as a file: shown before they are taken, with one undo, and written out', async () => {
    const before = await count()
    const path = join(workbench.served.home, 'list.csv')
    writeFileSync(path, 'text,weight,side\nships and boats,0.5,forget\n"sand, rocks",-1,\nharbours,2,forget\n')
    await page.getByRole('button', { name: 'Import, export…' }).click()
    const form = page.getByRole('dialog', { name: 'Import and export' })
    await form.getByRole('button', { name: 'Choose a list of concepts…' }).click()
    const box = page.getByLabel('Path; Enter goes there')
    await box.waitFor()
    await page.getByRole('listbox', { name: 'Files and folders' }).and(page.locator(':not([aria-busy=true])')).waitFor()
    await box.fill(path)
    await box.press('Enter')
    await form.getByText('line 3: the weight "-1" is no number from 0').waitFor()
    await form.getByRole('cell', { name: 'ships and boats' }).waitFor()
    await form.getByRole('button', { name: 'Write both lists' }).click()
    const written = form.getByRole('status').filter({ hasText: `${before} rows written to` })
    await written.waitFor()
    expect(await written.innerText()).toMatch(/forget-and-protected-\S+\.csv/)
    await form.getByRole('button', { name: 'Take 2 concepts' }).click()
    await expect.poll(count).toBe(before + 2)
    await grid().focus()
    await page.keyboard.press('Control+z')
    await expect.poll(count).toBe(before)
  })

  test('refuse to be read from the data that they are set against', async () => {
    await page.getByRole('combobox', { name: 'Reference' }).click()
    const forget = await page.getByRole('combobox', { name: 'Forget set' }).inputValue()
    await page.getByRole('option', { name: forget, exact: true }).click()
    await page.getByText('The reference must be other data than the forget set.').waitFor()
    await expect.poll(() => page.getByRole('button', { name: 'Extract forget concepts' }).isDisabled()).toBe(true)
  })

  test('axe finds nothing, in light and dark, and nothing was logged', async () => {
    expect(await axeFindings(page)).toEqual([])
    expect(workbench.problems()).toEqual([])
  })
})
