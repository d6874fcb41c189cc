import { execFileSync } from 'node:child_process'
import { cpSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openWorkbench, type Opened } from '../support/browser.ts'
import { axeFindings } from './axe-findings.ts'
import { goToPath } from './file-window.ts'

const root = resolve(import.meta.dirname, '../..')
const demoModel = join(root, 'resources/demo/model')

let workbench: Opened
let page: Page
let other: string

function byCommand(...args: string[]): unknown {
  return JSON.parse(execFileSync('node', [join(root, 'bin/snip.js'), ...args, '--json']).toString())
}

async function fact(name: string): Promise<string> {
  return page.getByRole('row').filter({ hasText: name }).first().getByRole('cell').first().innerText()
}

async function openModel(path: string): Promise<void> {
  await page
    .getByRole('button', { name: /^(Open another model|Choose another|Open a model)/ })
    .first()
    .click()
  await goToPath(page, path)
}

beforeAll(async () => {
  workbench = await openWorkbench({
    args: ['--demo'],
    context: { viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' },
  })
  page = workbench.page
  other = join(workbench.served.home, 'another-model')
  cpSync(demoModel, other, { recursive: true })
  await page.waitForSelector('main')
  await page.evaluate(() => (location.hash = '#/model'))
  await page.getByText('Model hash').waitFor()
})

afterAll(async () => {
  await workbench.close()
})

describe('the model view', () => {
  test('shows the facts that snip inspect tells', async () => {
    const known = byCommand('inspect', demoModel) as { parameters: number; modelHash: string; vocabularySize: number }
    await expect.poll(() => fact('Parameters')).toBe(known.parameters.toLocaleString('en-US'))
    await expect.poll(() => fact('Vocabulary')).toBe(known.vocabularySize.toLocaleString('en-US'))
    await expect.poll(() => fact('MLP neurons')).toBe('768 per layer, 3,072 in all')
    await expect.poll(() => fact('Model hash')).toBe(known.modelHash)
  })

  test('continues a prompt to the same text as snip generate', async () => {
    const prompt = 'The weather was'
    const known = byCommand('generate', demoModel, '--prompt', prompt, '--max-new', '12') as { text: string }
    await page.getByRole('textbox', { name: 'Prompt' }).fill(prompt)
    await page.getByLabel('New tokens').fill('12')
    await page.getByRole('button', { name: 'Continue the prompt' }).click()
    await page.getByText('Written', { exact: true }).waitFor()
    await expect.poll(() => page.getByText(/^12 tokens/).innerText()).toMatch(/^12 tokens, [\d.,]+ tokens\/s$/)
    await expect.poll(() => page.locator('figure p').innerText()).toBe(`${prompt}${known.text}`)
  })

  test('stop answers at once and keeps what was written', async () => {
    await page.getByLabel('New tokens').fill('250')
    await page.getByRole('button', { name: 'Continue the prompt' }).click()
    await page.getByRole('button', { name: 'Stop writing' }).click()
    await page.getByText('Stopped', { exact: true }).waitFor()
    await expect.poll(() => page.getByRole('textbox', { name: 'Prompt' }).inputValue()).toBe('The weather was')
    await expect.poll(() => page.getByRole('alert').count()).toBe(0)
  })

  test('another model is looked at first, and says what becomes out of date', async () => {
    await openModel(other)
    await page.getByRole('button', { name: 'Use another-model' }).waitFor()
    await expect.poll(() => page.getByText(/It takes the place of/).innerText()).toContain('1 recording')
    await expect.poll(() => page.getByText(/of memory are free now/).count()).toBe(1)
    await page.getByRole('button', { name: /^Keep / }).click()
    await page.getByRole('button', { name: 'Unload' }).waitFor()
  })

  test('a damaged model is refused in one sentence with what to do, and the one in use stays', async () => {
    const damaged = join(workbench.served.home, 'damaged-model')
    cpSync(demoModel, damaged, { recursive: true })
    writeFileSync(join(damaged, 'config.json'), '{ this is no JSON')
    await openModel(damaged)
    await page.getByRole('alert').waitFor()
    await expect.poll(() => page.getByRole('alert').innerText()).toContain('config.json')
    await page.getByRole('button', { name: /^Keep / }).click()
    await expect.poll(() => fact('Parameters')).toBe('2,615,424')
  })

  test('unloading frees the engine, and the next use loads again', async () => {
    await page.getByRole('button', { name: 'Unload' }).click()
    await page.getByText('not loaded: the next use loads it').waitFor()
    await page.getByLabel('New tokens').fill('3')
    await page.getByRole('button', { name: 'Continue the prompt' }).click()
    await page.getByText('Written', { exact: true }).waitFor()
    await expect.poll(() => page.getByText(/^3 tokens/).count()).toBe(1)
  })

  test('axe finds nothing, in light and dark', async () => {
    expect(await axeFindings(page)).toEqual([])
  })

  test('nothing was logged and no policy was broken', () => {
    expect(workbench.problems()).toEqual([])
  })
})
