import { resolve } from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
// @ts-expect-error: a plain script without types of its own
import { buildIfNeeded } from '../../scripts/build-if-needed.js'
import { patienceMs } from '../support/browser.ts'
import { sharedChromium } from '../support/chromium.ts'
import { freqOf, manyRows, openManyNeurons } from './neurons-many-workbench.ts'
import type { ManyNeurons } from './neurons-many-workbench.ts'

let many: ManyNeurons
let page: Page
const problems: string[] = []

function row(place: number): Locator {
  return page.locator(`[role=row][data-row="${place}"]`)
}

async function cell(place: number, column: number): Promise<string> {
  return row(place).getByRole('gridcell').nth(column).innerText()
}

beforeAll(async () => {
  await (buildIfNeeded as () => Promise<boolean>)()
  many = await openManyNeurons(resolve(import.meta.dirname, '../../out/renderer'))
  const browser = await sharedChromium()
  page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
  page.setDefaultTimeout(patienceMs)
  page.on('console', (message) => (message.type() === 'error' ? problems.push(message.text()) : undefined))
  page.on('pageerror', (error) => problems.push(error.message))
  await page.goto(many.door.url)
  await page.evaluate(() => (location.hash = '#/neurons'))
  await row(0).waitFor()
})

afterAll(async () => {
  await page?.context().close()
  await many.close()
})

describe('350,080 neurons', () => {
  test('only the rows in view exist', async () => {
    const grid = page.getByRole('grid', { name: 'Neurons' })
    await expect.poll(() => grid.getAttribute('aria-rowcount')).toBe(String(manyRows + 1))
    await expect.poll(() => grid.getByRole('row').count()).toBeLessThan(60)
    await grid.focus()
    await page.keyboard.press('End')
    await row(manyRows - 1).waitFor()
    await expect.poll(() => cell(manyRows - 1, 0)).toBe('mlp:31:10939')
  })

  test('sorting by frequency puts the largest first, ties in table order', async () => {
    await page.getByRole('columnheader', { name: 'Frequency' }).getByRole('button').click()
    await page.getByRole('grid', { name: 'Neurons' }).focus()
    await page.keyboard.press('Home')
    await row(0).waitFor()
    const best = Array.from({ length: manyRows }, (_, at) => at).filter((at) => freqOf(at) === 0.999)
    await expect.poll(() => cell(0, 0)).toBe(`mlp:0:${best[0]}`)
    await expect.poll(() => cell(0, 3)).toBe('99.9 %')
    await expect.poll(() => cell(1, 0)).toBe(`mlp:0:${best[1]}`)
  })

  test('typing goes on while the search runs, and the last word counts', async () => {
    const search = page.getByLabel('Search concepts')
    await search.pressSequentially('number 350079')
    await expect.poll(() => search.inputValue()).toBe('number 350079')
    await expect.poll(() => page.getByText('1 of 350,080', { exact: true }).count()).toBe(1)
    await expect.poll(() => cell(0, 0)).toBe('mlp:31:10939')
    await search.fill('')
    await expect.poll(() => page.getByText('350,080 neurons', { exact: true }).count()).toBe(1)
  })

  test('what goes at the cut is what the ranking puts first', async () => {
    await page.getByRole('checkbox', { name: 'Goes at the cut (3,501)' }).check()
    await expect.poll(() => page.getByText('3,501 of 350,080', { exact: true }).count()).toBe(1)
    await page.getByRole('button', { name: 'Show all', exact: true }).click()
    await expect.poll(() => page.getByText('350,080 neurons', { exact: true }).count()).toBe(1)
  })

  test('a layer is brushed by keyboard', async () => {
    await page.getByRole('application').focus()
    await page.keyboard.press('Shift+End')
    await page.keyboard.press('Enter')
    await expect.poll(() => page.getByText('10,940 of 350,080', { exact: true }).count()).toBe(1)
  })

  test('nothing was logged', () => {
    expect(problems).toEqual([])
  })
})
