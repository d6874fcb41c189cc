import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openWorkbench, type Opened } from '../support/browser.ts'
import { axeFindings } from './axe-findings.ts'
import { goToPath } from './file-window.ts'

const root = resolve(import.meta.dirname, '../..')

let workbench: Opened
let page: Page
let folder: string

/** Opens a file through the picker by its path, as a keyboard user would. */
async function importFile(name: string): Promise<void> {
  await page.evaluate(() => (location.hash = '#/data'))
  await page.getByRole('button', { name: 'Import data…' }).click()
  await goToPath(page, join(folder, name))
  await page.getByRole('form', { name: 'Import' }).waitFor()
}

beforeAll(async () => {
  workbench = await openWorkbench({
    args: ['--demo'],
    context: { viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' },
  })
  page = workbench.page
  folder = join(workbench.served.home, 'files')
  mkdirSync(folder)
  const rows = ['id,text,label']
  for (let row = 1; row <= 60; row++) rows.push(`${row},"Sentence number ${row} of the table.",${row % 2}`)
  rows.splice(11, 0, 'broken "quote,1')
  rows.push('61,"שלום עולם, זה משפט בעברית 🙂👩‍👩‍👧‍👦",1')
  writeFileSync(join(folder, 'rows.csv'), `${rows.join('\n')}\n`)
  writeFileSync(join(folder, 'long.txt'), `${'word '.repeat(200_000)}\n`)
  writeFileSync(join(folder, 'empty.csv'), '')
  await page.waitForSelector('main')
  await page.evaluate(() => (location.hash = '#/data'))
  await page.getByRole('list', { name: 'Data sets' }).waitFor()
})

afterAll(async () => {
  await workbench.close()
})

describe('the data view', () => {
  test('shows the data of the demo with its uses', async () => {
    const names = page.getByRole('list', { name: 'Data sets' }).getByRole('button')
    const documents = readFileSync(join(root, 'resources/demo/workspace/documents.json'), 'utf8')
    await expect.poll(() => names.count()).toBe(documents.split('"kind": "dataset"').length - 1)
    await expect.poll(() => names.filter({ hasText: 'probe' }).filter({ hasText: 'Probe' }).count()).toBeGreaterThan(0)
  })

  test('tokens are counted, and the count stands in the list', async () => {
    await page.getByRole('button', { name: /^evaluate-code/ }).click()
    const count = page.getByRole('button', { name: /^Count the tokens/ })
    const term = page.locator('dl div', { hasText: 'Tokens' }).locator('dd').first()
    await expect.poll(() => page.getByLabel('Name').first().inputValue()).toBe('evaluate-code')
    // The list is read again while it is counted: a button that was drawn anew is pressed again.
    await expect
      .poll(async () => {
        if (await count.isVisible()) await count.click({ timeout: 2000 }).catch(() => null)
        return (await term.isVisible()) ? term.innerText() : ''
      })
      .toMatch(/^[\d,]+$/)
    const tokens = await term.innerText()
    await expect
      .poll(() => page.getByRole('button', { name: /^evaluate-code/ }).innerText())
      .toContain(`${tokens} tokens`)
  })

  test('a table is previewed with the rows it leaves out, by their lines', async () => {
    await importFile('rows.csv')
    const form = page.getByRole('form', { name: 'Import' })
    await form.getByText('61 rows, 61 documents in use').waitFor()
    const left = form.getByRole('grid', { name: 'Rows left out' })
    await expect.poll(() => left.getByRole('gridcell').first().innerText()).toBe('12')
    await expect.poll(() => form.getByRole('button', { name: 'Import 61 documents' }).isEnabled()).toBe(true)
  })

  test('a condition that is no SQL is told beside the field, and the form stays', async () => {
    const form = page.getByRole('form', { name: 'Import' })
    await form.getByLabel('Only rows where').fill('labell = = 1')
    await form.getByRole('alert').waitFor()
    await expect.poll(() => form.getByLabel('Only rows where').inputValue()).toBe('labell = = 1')
    await expect.poll(() => form.getByRole('grid', { name: 'First rows' }).isVisible()).toBe(true)
    await expect.poll(() => form.getByRole('button', { name: /^Import \d+ documents/ }).isEnabled()).toBe(false)
    await form.getByLabel('Only rows where').fill('label = 1')
    await form.getByRole('button', { name: 'Import 31 documents' }).waitFor()
    await expect.poll(() => form.getByRole('alert').count()).toBe(0)
  })

  test('it is imported under its roles, and its documents can be paged through', async () => {
    const form = page.getByRole('form', { name: 'Import' })
    await form.getByRole('textbox', { name: 'Name' }).fill('odd rows')
    await form.getByRole('checkbox', { name: 'Retain', exact: true }).check()
    await expect.poll(() => form.getByRole('button', { name: 'Import 31 documents' }).isEnabled()).toBe(true)
    await form.getByRole('button', { name: 'Import 31 documents' }).click()
    await page.getByRole('button', { name: /^odd rows/ }).waitFor()
    await page.getByText('1–20 of 31').waitFor()
    await page.getByRole('button', { name: 'Later' }).click()
    await page.getByText('21–31 of 31').waitFor()
    const hebrew = page.getByText('שלום עולם').first()
    await expect.poll(() => hebrew.evaluate((element) => getComputedStyle(element).direction)).toBe('rtl')
    await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true)
  })

  test('a role is changed with one click and removing is taken back with another', async () => {
    await page.getByRole('checkbox', { name: 'Forget', exact: true }).check()
    await expect.poll(() => page.getByRole('button', { name: /^odd rows/ }).innerText()).toContain('Forget, Retain')
    await page.getByRole('button', { name: 'Remove from the workspace' }).click()
    await page.getByText('Removed odd rows.').waitFor()
    await expect.poll(() => page.getByRole('button', { name: /^odd rows/ }).count()).toBe(0)
    await page.getByRole('button', { name: 'Undo', exact: true }).click()
    await page.getByRole('button', { name: /^odd rows/ }).waitFor()
    await expect.poll(() => page.getByRole('button', { name: /^odd rows/ }).count()).toBe(1)
  })

  test('a line of a million characters neither freezes the page nor widens it', async () => {
    await importFile('long.txt')
    await page.getByRole('button', { name: 'Import 1 document' }).click()
    await page.getByRole('button', { name: /^long/ }).waitFor()
    await page.getByRole('button', { name: 'Show 20,001 characters' }).click()
    await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true)
  })

  test('a file without a row is refused in one sentence, and another can be chosen', async () => {
    await page.getByRole('button', { name: 'Import data…' }).click()
    await goToPath(page, join(folder, 'empty.csv'))
    await page.getByRole('alert').first().waitFor()
    await expect.poll(() => page.getByRole('button', { name: 'Choose another file…' }).isVisible()).toBe(true)
    await page.getByRole('button', { name: 'Cancel', exact: true }).click()
  })

  test('axe finds nothing, in light and dark', async () => {
    expect(await axeFindings(page)).toEqual([])
  })

  test('nothing was logged and no policy was broken', () => {
    expect(workbench.problems()).toEqual([])
  })
})
