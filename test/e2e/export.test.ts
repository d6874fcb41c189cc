import { readdirSync, readFileSync } from 'node:fs'
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

  test('says why a format cannot hold the cut before it is written, and offers what can', async () => {
    await page.getByLabel('Name', { exact: true }).fill('as-checkpoint')
    await page.getByRole('radio', { name: 'safetensors checkpoint' }).check()
    await page.getByText(/which config\.json cannot say\. Choose zeroed/).waitFor()
    await expect.poll(() => page.getByRole('combobox', { name: 'Weights' }).count()).toBe(0)
    await page.getByRole('radio', { name: 'Zeroed' }).check()
    await page.getByRole('rowheader', { name: 'model.safetensors' }).waitFor()
  })

  test('writes a folder for transformers.js, with the proof of its padding and cache', async () => {
    await page.getByLabel('Name', { exact: true }).fill('for-pages')
    await page.getByRole('radio', { name: 'Folder for transformers.js and Optimum' }).check()
    await page.getByRole('rowheader', { name: 'onnx/model.onnx' }).waitFor()
    await page.getByRole('button', { name: /^Export without \d+ neurons$/ }).click()
    await page.getByText('Verified: the written folder was loaded again').waitFor()
    const differences = page.getByRole('table', { name: 'Differences from the masked model' })
    await expect
      .poll(() =>
        differences
          .getByRole('row', { name: /^Logits / })
          .first()
          .innerText(),
      )
      .toMatch(/^Logits\s+0\s+none: bit for bit$/)
    await differences.getByRole('rowheader', { name: 'Logits with padding and cache' }).waitFor()
    await page.getByRole('table', { name: 'Size and time' }).getByText(/ ms$/).first().waitFor()
    const folder = await page.locator('dd.mono').innerText()
    expect(readdirSync(folder).toSorted()).toEqual([
      'config.json',
      'for-pages.manifest.json',
      'generation_config.json',
      'onnx',
      'timing.json',
      'tokenizer.json',
      'tokenizer_config.json',
    ])
  })

  test('axe finds nothing, in light and dark, and nothing was logged', async () => {
    expect(await axeFindings(page)).toEqual([])
    expect(workbench.problems()).toEqual([])
  })
})
