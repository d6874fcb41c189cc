import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Opened } from '../support/browser.ts'
import { axeFindings } from './axe-findings.ts'
import { openDemoAt } from './prune-page.ts'

const folder = mkdtempSync(join(tmpdir(), 'snip-exchange-'))
let workbench: Opened
let page: Page

beforeAll(async () => {
  workbench = await openDemoAt('neurons')
  page = workbench.page
  await page.getByRole('grid', { name: 'Neurons' }).waitFor()
})

afterAll(async () => {
  await workbench?.close()
  rmSync(folder, { recursive: true, force: true })
})

function form() {
  return page.getByRole('dialog', { name: 'Import and export' })
}

/** Chooses a file in the window of files, which opens above the form. */
async function chooseFile(button: string, name: string, text: string): Promise<void> {
  const path = join(folder, name)
  writeFileSync(path, text)
  await form().getByRole('button', { name: button }).click()
  const box = page.getByLabel('Path; Enter goes there')
  await box.waitFor()
  await page.getByRole('listbox', { name: 'Files and folders' }).and(page.locator(':not([aria-busy=true])')).waitFor()
  await box.fill(path)
  await box.press('Enter')
}

describe('import and export', () => {
  test('a table of concepts is shown before it is added, and stands in the neurons then', async () => {
    await page.getByRole('button', { name: 'Import, export…' }).click()
    await chooseFile(
      'Choose a file of concepts…',
      'others.csv',
      'layer,neuron,score,explanation\n0,7,0.9,words of the sea and its ships\n99,0,0.5,elsewhere\n1,x,0.5,torn\n',
    )
    await form().getByText('line 4: the neuron "x" is no whole number').waitFor()
    expect(await axeFindings(page, '[role=dialog]')).toEqual([])
    await form().getByRole('button', { name: 'Add 1 concept' }).click()
    await form().getByRole('button', { name: 'Add 1 concept' }).waitFor({ state: 'detached' })
    await page.keyboard.press('Escape')
    await page.getByLabel('Search concepts').fill('ships')
    await page.getByRole('gridcell', { name: 'words of the sea and its ships' }).waitFor()
  })

  test('a file that holds none is refused in one sentence, and the form stays', async () => {
    await page.getByRole('button', { name: 'Import, export…' }).click()
    await chooseFile('Choose a file of concepts…', 'story.txt', 'Once upon a time.')
    await form().getByText('story.txt holds no explanations of neurons in a known form').waitFor()
  })

  test('a table is written where its path says', async () => {
    await form().getByRole('button', { name: 'Write table' }).click()
    const written = form().getByRole('status').filter({ hasText: 'rows written to' })
    await written.waitFor()
    const path = /rows written to\s*(\S+\.csv)/.exec(await written.innerText())?.[1]
    expect(readFileSync(path!, 'utf8')).toContain('mlp:0:7,mlp,0,7,words of the sea and its ships,import,import,0.9,')
  })

  test('nothing was logged and no policy was broken', () => {
    expect(workbench.problems()).toEqual([])
  })
})
