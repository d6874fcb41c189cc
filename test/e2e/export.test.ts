import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Page } from 'playwright-core'
import type { Opened } from '../support/browser.ts'
import { axeFindings } from './axe-findings.ts'
import { openDemoAt } from './prune-page.ts'

let workbench: Opened
let page: Page

beforeAll(async () => {
  workbench = await openDemoAt('export')
  page = workbench.page
  await page.getByRole('button', { name: /^Export without \d+ neurons$/ }).waitFor()
})

afterAll(() => workbench?.close())

describe('export', () => {
  test('says what is wrong with a name before it starts', async () => {
    await page.getByLabel('Name', { exact: true }).fill('no/slash')
    await page.getByText('Use letters, digits, dot, dash and underscore only.').waitFor()
    await expect.poll(() => page.getByRole('button', { name: /^Export/ }).isDisabled()).toBe(true)
  })

  test('writes the pruned model, reloads it, and shows the receipt', async () => {
    await page.getByLabel('Name', { exact: true }).fill('forgets')
    const button = page.getByRole('button', { name: /^Export without \d+ neurons$/ })
    await button.waitFor()
    const neurons = Number(/(\d+)/.exec(await button.innerText())?.[1])
    await button.click()
    await page.getByText('Verified: the written file was loaded again').waitFor()
    await expect.poll(() => page.getByText(new RegExp(`^${neurons} neurons: `)).count()).toBe(1)
    const manifest = page.locator('pre[aria-label="Manifest"]')
    await expect.poll(() => manifest.innerText()).toMatch(/"modelHash": "[0-9a-f]{64}"/)
    expect(JSON.parse(await manifest.innerText())).toHaveProperty('modelHash')
    const folder = await page.locator('dd.mono').innerText()
    const written = readFileSync(join(folder, 'forgets.onnx'))
    expect(written.length).toBeGreaterThan(1_000_000)
  })

  test('refuses to overwrite it, and says what to do', async () => {
    await page.getByLabel('Name', { exact: true }).fill('forgets')
    await page
      .getByText(/exists already/)
      .first()
      .waitFor()
    await expect
      .poll(() =>
        page
          .getByRole('button', { name: /^Export/ })
          .last()
          .isDisabled(),
      )
      .toBe(true)
  })

  test('axe finds nothing, in light and dark, and nothing was logged', async () => {
    expect(await axeFindings(page)).toEqual([])
    expect(workbench.problems()).toEqual([])
  })
})
