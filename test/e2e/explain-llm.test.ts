import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openWorkbench, type Opened } from '../support/browser.ts'
import { startLlmServer, type LlmServer } from '../support/llm-server/llm-server.ts'
import { plantedWords } from '../support/llm-server/planted-words.ts'
import { draftOf } from '../unit/language-models/support.ts'
import { axeFindings } from './axe-findings.ts'
import { goTo } from './prune-page.ts'

const words = ['return', 'def', 'the']

let server: LlmServer
let workbench: Opened
let page: Page
const home = mkdtempSync(join(tmpdir(), 'snip-browser-'))

beforeAll(async () => {
  server = await startLlmServer({ model: plantedWords(words) })
  const capabilities = { logprobs: true, echo: true, embeddingDimensions: 64, testedAt: 1 }
  mkdirSync(join(home, 'data/snip-workbench'), { recursive: true })
  const provider = { ...draftOf(server.baseUrl), id: 'planted', capabilities }
  writeFileSync(join(home, 'data/snip-workbench/providers.json'), JSON.stringify({ version: 1, providers: [provider] }))
  workbench = await openWorkbench({
    home,
    args: ['--demo'],
    context: { viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce' },
  })
  page = workbench.page
})

afterAll(async () => {
  await workbench?.close()
  await server?.close()
  rmSync(home, { recursive: true, force: true, maxRetries: 5 })
})

const button = (name: string | RegExp, within: Page | Locator = page) => within.getByRole('button', { name })

async function shot(name: string): Promise<void> {
  const folder = process.env['SNIP_SHOTS']
  if (folder !== undefined) await page.screenshot({ path: join(folder, `${name}.png`) })
}

describe('with a language model', () => {
  test('neurons are explained: what leaves the machine is told before anything is sent', async () => {
    await goTo(page, 'neurons')
    await button('Explain neurons…').click()
    const dialog = page.getByRole('dialog', { name: 'Explain neurons' })
    await dialog.getByText('A language model').click()
    await dialog.getByLabel('How many').fill('6')
    await button('Count tokens and cost', dialog).click()
    await dialog.getByText(/go to the server on this machine, 127\.0\.0\.1/).waitFor()
    expect(server.log).toHaveLength(0)
    expect(await axeFindings(page)).toEqual([])
    await shot('explain')
    await button('Explain 6 neurons', dialog).click()
    await dialog.waitFor({ state: 'hidden' })
    await expect.poll(() => server.log.length).toBeGreaterThan(6)
    await page
      .getByPlaceholder(/[Ff]ilter|[Ss]earch/)
      .first()
      .fill('and nothing else')
    await expect.poll(() => page.getByText(/the word ".*" and nothing else/).count()).toBeGreaterThan(0)
    expect(server.paidTwice()).toEqual([])
  })

  test('concepts are listed for what shall go and for what must stay, each side in its own list', async () => {
    await goTo(page, 'forget')
    const side = page.locator('#extract-forget-concepts')
    await side.getByLabel('Preset').waitFor()
    const grid = (name: string) => page.getByRole('grid', { name })
    const rows = async () => Number(await grid('Forget concepts').getAttribute('aria-rowcount'))
    await expect.poll(rows).toBeGreaterThan(1)
    const before = await rows()
    await button('Count tokens and cost', side).click()
    await side.getByText(/Samples of the data, and concepts found in them, go to the server on this machine/).waitFor()
    await shot('forget')
    await button('Ask for forget concepts', side).click()
    await expect.poll(rows).toBeGreaterThan(before)
    await grid('Forget concepts').focus()
    await page.keyboard.press('End')
    await page
      .getByText(/the word "(return|def|the)" and nothing else/)
      .first()
      .waitFor()
    await page.getByText('To protect').click()
    await page.getByText('No protected concepts yet').waitFor()
    await page.getByLabel('New protected concept').fill('the names of animals')
    await page.keyboard.press('Enter')
    await grid('Protected concepts').getByText('the names of animals').waitFor()
    expect(await axeFindings(page)).toEqual([])
    await shot('protected')
    await grid('Protected concepts').focus()
    await page.keyboard.press('Control+z')
    await page.getByText('No protected concepts yet').waitFor()
    expect(workbench.problems()).toEqual([])
  })
})
