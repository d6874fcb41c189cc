import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { afterEach, describe, expect, test } from 'vitest'
import { byLabel, inStory, inspector, type Story } from './story.ts'

let story: Story
let page: Page

inStory(async (opened) => {
  story = opened
  page = opened.page
  await page.getByRole('button', { name: /^Open the demo/ }).click()
  await page.locator('main[data-view=prune]').waitFor()
})

afterEach(() => fillDisk(false))

/**
 * A full disk for the workbench and all that it started: no file of theirs may grow, which the system refuses in the place where
 * it refuses for want of space.
 */
function fillDisk(full: boolean): void {
  for (const pid of familyOf(story.workbench.served.child.pid!)) {
    const { status, stderr } = spawnSync('prlimit', ['--pid', String(pid), full ? '--fsize=0:' : '--fsize=unlimited:'])
    if (status !== 0) throw new Error(`The space for files of process ${pid} cannot be limited: ${String(stderr)}`)
  }
}

function familyOf(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean)
  return [pid, ...children.flatMap((child) => familyOf(Number(child)))]
}

async function goTo(view: string): Promise<void> {
  await page.evaluate((hash) => void (location.hash = hash), `#/${view}`)
  await page.locator(`main[data-view=${view.split('/')[0]}]`).waitFor()
}

const button = (within: Page | Locator, name: string | RegExp) =>
  within.getByRole('button', typeof name === 'string' ? { name, exact: true } : { name })

/** One sentence with what is wrong, and one with what to do. */
async function expectFull(alert: Locator): Promise<void> {
  await expect.poll(() => alert.innerText()).toMatch(/The disk is full: [^\n]+ could not be written/)
  await expect.poll(() => alert.innerText()).toMatch(/Free some space/)
}

describe('a full disk', () => {
  test('leaves an edited concept in its field, and the retry keeps it', async () => {
    await goTo('neurons/mlp:1:17')
    await inspector(page).getByText('Where it is active').waitFor()
    await page.keyboard.press('e')
    const field = inspector(page).getByLabel('Concept of mlp:1:17')
    await field.fill('words at the start of a line')
    fillDisk(true)
    await page.keyboard.press('Enter')
    const alert = inspector(page).getByRole('alert')
    await expectFull(alert)
    await expect.poll(() => field.inputValue()).toBe('words at the start of a line')
    await button(alert, 'Try again').click()
    await expectFull(alert)
    fillDisk(false)
    await button(alert, 'Try again').click()
    await inspector(page).getByText('The explainer wrote:').waitFor()
    await field.waitFor({ state: 'detached' })
    await expect
      .poll(() => page.locator('[role=row][data-active]').innerText())
      .toContain('words at the start of a line')
  })

  test('leaves the import form as it was, and the retry imports', async () => {
    await goTo('data')
    await button(page.getByRole('main'), 'Import data…').click()
    const path = page.getByRole('dialog').getByLabel('Path; Enter goes there')
    // The folder that it begins in comes into the field as soon as it is read.
    await expect.poll(() => path.inputValue()).not.toBe('')
    await path.fill(story.table)
    await path.press('Enter')
    const form = page.getByRole('form', { name: 'Import' })
    await form.waitFor()
    await byLabel(page, 'Name').fill('kept as typed')
    await form.getByRole('checkbox', { name: 'Retain', exact: true }).check()
    fillDisk(true)
    await button(form, /^Import \d+ documents$/).click()
    const alert = form.getByRole('alert')
    await expectFull(alert)
    await expect.poll(() => byLabel(page, 'Name').inputValue()).toBe('kept as typed')
    await expect.poll(() => form.getByRole('checkbox', { name: 'Retain', exact: true }).isChecked()).toBe(true)
    fillDisk(false)
    await button(alert, 'Try again').click()
    await expect.poll(() => button(page.getByRole('main'), /^kept as typed/).innerText()).toContain('Retain')
    await form.waitFor({ state: 'detached' })
  })

  test('refuses a recording in its dialog, which stays, and the retry starts it', async () => {
    await goTo('neurons')
    await button(page.getByRole('main'), 'Record again…').click()
    const dialog = page.getByRole('dialog', { name: 'Record again' })
    await dialog.getByLabel('Tokens', { exact: true }).fill('20000')
    fillDisk(true)
    await button(dialog, 'Record 3,840 neurons').click()
    const alert = dialog.getByRole('alert')
    await expectFull(alert)
    await expect.poll(() => dialog.getByLabel('Tokens', { exact: true }).inputValue()).toBe('20,000')
    fillDisk(false)
    await button(alert, 'Try again').click()
    await dialog.waitFor({ state: 'detached' })
  })

  test('ends a recording in the middle with its reason, and it goes on when there is space', async () => {
    await goTo('jobs')
    await page.locator('main li[data-state=running] [role=progressbar][aria-valuenow]').waitFor()
    fillDisk(true)
    const failed = page.locator('main li[data-state=failed]')
    await expectFull(failed.getByRole('alert'))
    fillDisk(false)
    await button(failed, /^Resume: /).click()
    await page.locator('main li[data-state=done]').waitFor()
  })

  test('ends an export with its reason and no file, and it is written when there is space', async () => {
    await goTo('export')
    const start = button(page.getByRole('main'), /^Export without \d+ neurons$/)
    // The name that is proposed comes with what is to be exported.
    await start.waitFor()
    await expect.poll(() => byLabel(page, 'Name').inputValue()).toMatch(/-compact$/)
    await byLabel(page, 'Name').fill('after-all')
    fillDisk(true)
    await start.click()
    const alert = page.getByRole('main').getByRole('alert')
    await expectFull(alert)
    await expect.poll(() => byLabel(page, 'Name').inputValue()).toBe('after-all')
    fillDisk(false)
    await button(alert, 'Try again').click()
    await page.getByText('Verified: the written file was loaded again').waitFor()
    const folder = await page.locator('dd.mono').innerText()
    expect(readFileSync(join(folder, 'after-all.onnx')).length).toBeGreaterThan(1_000_000)
  })
})
