import { cpSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { axeFindings } from './axe-findings.ts'
import { buttonOf, inStory, model, type Story } from './story.ts'

let story: Story
let page: Page

inStory((opened) => {
  story = opened
  page = opened.page
})

const main = () => page.getByRole('main')
const recent = () => main().getByRole('region', { name: 'Recent models' })

async function goTo(view: string): Promise<void> {
  await page.evaluate((hash) => void (location.hash = hash), `#/${view}`)
  await page.locator(`main[data-view=${view}]`).waitFor()
}

/** Chooses a command by its words. */
async function command(words: string): Promise<void> {
  await page.keyboard.press('Control+k')
  await page.getByRole('combobox', { name: /^Command/ }).fill(words)
  await page.getByRole('option', { name: words }).waitFor()
  await page.keyboard.press('Enter')
}

/** Takes the model of a folder beside the story's tables into use. */
async function useModel(folder: string): Promise<void> {
  await command('Open a model')
  const path = page.getByRole('dialog').getByLabel('Path; Enter goes there')
  await expect.poll(() => path.inputValue()).not.toBe('')
  await path.fill(join(story.table, '..', folder))
  await path.press('Enter')
  await buttonOf(main(), `Use ${folder}`).click()
  await main().getByRole('heading', { name: folder, exact: true }).waitFor()
}

describe('models that were opened before', () => {
  test('stand in the model view, on the start and in the palette, and open from there', async () => {
    for (const name of ['first', 'second']) cpSync(model, join(story.table, '..', name), { recursive: true })
    await buttonOf(page, /^Open the demo/).click()
    await page.locator('main[data-view=prune]').waitFor()
    await useModel('first')
    await useModel('second')
    await expect.poll(() => recent().getByRole('listitem').count()).toBe(1)
    await expect.poll(() => recent().innerText()).toMatch(/first\s+GPT-2/)
    await goTo('start')
    await expect.poll(() => recent().getByRole('listitem').count()).toBe(2)
    await buttonOf(recent(), /^first/).click()
    await buttonOf(main(), 'Use first').click()
    await page.locator('main[data-view=model]').waitFor()
    await main().getByRole('heading', { name: 'first', exact: true }).waitFor()
    await command('Open recent model second')
    await buttonOf(main(), 'Keep first').click()
    await main().getByRole('heading', { name: 'first', exact: true }).waitFor()
  })

  test('say that they are gone, and leave the list when they are asked to', async () => {
    renameSync(join(story.table, '../second'), join(story.table, '../elsewhere'))
    await page.reload()
    await goTo('start')
    const gone = recent().getByRole('listitem').filter({ hasText: 'second' })
    await expect.poll(() => gone.innerText()).toContain('It is no longer there')
    await expect.poll(() => buttonOf(gone, /^second/).isDisabled()).toBe(true)
    expect(await axeFindings(page)).toEqual([])
    await buttonOf(gone, 'Remove from list: second').click()
    await expect.poll(() => recent().getByRole('listitem').count()).toBe(1)
  })
})

describe('memory', () => {
  test('stands in the status line and beside the estimates of the model', async () => {
    await goTo('model')
    await expect.poll(() => page.getByRole('contentinfo').innerText()).toMatch(/Memory:\s+[\d.]+ [GM]B free/)
    await main()
      .getByText(/of memory are free now/)
      .waitFor()
    await main()
      .getByRole('list', { name: 'Video memory' })
      .getByText(/GPU|[Vv]ideo memory|Mac/)
      .first()
      .waitFor()
  })
})

describe('a new ranking', () => {
  test('is made from the palette in any view, and is in use when it is done', async () => {
    await command('New ranking')
    const dialog = page.getByRole('dialog', { name: 'New ranking' })
    await dialog.getByRole('combobox', { name: 'Method' }).click()
    await page.getByRole('option', { name: /^Random/ }).click()
    await dialog.getByRole('button', { name: /^Rank neurons by Random/ }).click()
    await dialog.waitFor({ state: 'detached' })
    const inUse = main().getByRole('combobox', { name: 'Ranking in use' })
    await expect.poll(() => inUse.inputValue(), { timeout: 20_000 }).toMatch(/^Random/)
  })
})
