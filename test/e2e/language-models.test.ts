import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openWorkbench, type Opened } from '../support/browser.ts'
import { startLlmServer, type LlmServer } from '../support/llm-server/llm-server.ts'
import { makeSmallChatModel } from '../support/models/small-chat-model.ts'
import { axeFindings } from './axe-findings.ts'
import { goToPath } from './file-window.ts'

const canary = 'sk-canary-settings-9876543210-WXYZ'
let workbench: Opened
let page: Page
let server: LlmServer

beforeAll(async () => {
  server = await startLlmServer({ key: canary, embeddingDimensions: 24 })
  // No keychain answers here: what is tested of it is in test/unit/language-models/keychain.test.ts.
  workbench = await openWorkbench({ context: { viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce' } })
  page = workbench.page
  await page.getByRole('button', { name: /^Open the demo/ }).waitFor()
  await page.evaluate(() => void (location.hash = '#/settings'))
  await section('Language models').waitFor()
})

afterAll(async () => {
  await workbench?.close()
  await server?.close()
})

const section = (name: string) => page.getByRole('region', { name })
const button = (within: Page | Locator, name: string) => within.getByRole('button', { name, exact: true })
const card = () => page.getByRole('article', { name: 'Lab server' })
const small = () => page.getByRole('article', { name: 'small' })
const tested = () =>
  card()
    .getByRole('alert')
    .or(card().getByRole('status').filter({ hasText: 'answers' }))

/** Tests the connection. What an earlier press found may stand there for a moment. */
async function testSays(words: string): Promise<void> {
  await button(card(), 'Test the connection').click()
  await expect.poll(() => tested().innerText()).toContain(words)
}

describe('the settings of language models', () => {
  test('add a server, whose address is checked', async () => {
    await button(section('Language models'), 'Add a server…').click()
    const form = page.getByRole('dialog', { name: 'Add a server' })
    await form.getByLabel('Name', { exact: true }).fill('Lab server')
    await form.getByLabel('Address', { exact: true }).fill('http://models.example/v1')
    await form.getByLabel('Chat model', { exact: true }).fill('test-model')
    await form.getByLabel('Embedding model, if any').fill('test-embedding')
    await button(form, 'Add the server').click()
    await expect.poll(() => form.getByRole('alert').innerText()).toContain('Plain http to models.example')
    expect(await axeFindings(page, 'html')).toEqual([])
    await form.getByLabel('Address', { exact: true }).fill(server.baseUrl)
    await button(form, 'Add the server').click()
    await form.waitFor({ state: 'detached' })
    await expect.poll(() => card().innerText()).toContain('Not set')
    expect(server.connections).toBe(0)
  })

  test('say what is wrong without a key, and what the server can do with it', async () => {
    await testSays('Key: ')
    await button(card(), 'Set a key').click()
    const field = card().getByLabel('Key of Lab server')
    await expect.poll(() => field.evaluate((input) => input === document.activeElement)).toBe(true)
    await field.fill(canary)
    await page.keyboard.press('Enter')
    await field.waitFor({ state: 'detached' })
    await expect.poll(() => card().innerText()).toContain('Set, ends in WXYZ, until the program ends')
    await testSays('log probabilities, scored prompts, embeddings of 24 numbers')
    expect(await axeFindings(page, 'html')).toEqual([])
  })

  test('never show the key again: it is in no part of the page, of its memory, and of what the program keeps', async () => {
    const devTools = await page.context().newCDPSession(page)
    await devTools.send('HeapProfiler.enable')
    await devTools.send('HeapProfiler.collectGarbage')
    const heap: string[] = []
    devTools.on('HeapProfiler.addHeapSnapshotChunk', ({ chunk }) => heap.push(chunk))
    await devTools.send('HeapProfiler.takeHeapSnapshot', { reportProgress: false })
    const memory = heap.join('')
    expect(memory.length).toBeGreaterThan(1_000_000)
    expect(memory).toContain('Lab server')
    expect(memory.includes('canary-settings')).toBe(false)
    expect(await page.content()).not.toContain('canary-settings')
    const { home } = workbench.served
    for (const entry of readdirSync(join(home, 'data'), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue
      expect(readFileSync(join(entry.parentPath, entry.name), 'latin1'), entry.name).not.toContain('canary-settings')
    }
    expect(workbench.served.errors()).not.toContain('canary-settings')
  })

  test('keep a price, list what was sent, and write it down', async () => {
    const prices = section('Prices')
    await prices.getByLabel('Model', { exact: true }).fill('test-model')
    await prices.getByLabel('Prompt, $ per million').fill('1000')
    await prices.getByLabel('Answer, $ per million').fill('2000')
    await button(prices, 'Set the price').click()
    await expect.poll(() => prices.getByRole('row', { name: /^test-model/ }).innerText()).toContain('$1,000.00')
    await testSays('embeddings of 24 numbers')
    const ledger = section('Requests sent')
    await expect.poll(() => ledger.getByRole('row', { name: /^Sum/ }).innerText()).toMatch(/^Sum\s+11\s/)
    await expect
      .poll(() =>
        ledger
          .getByRole('table', { name: /newest first/ })
          .getByRole('row')
          .count(),
      )
      .toBe(12)
    await button(ledger, 'Export as CSV').click()
    await expect.poll(() => ledger.innerText()).toContain('Wrote 11 requests')
    const [file] = readdirSync(join(workbench.served.home, 'data/snip-workbench/exports'))
    const lines = readFileSync(join(workbench.served.home, 'data/snip-workbench/exports', file!), 'utf8').split('\r\n')
    expect(lines).toHaveLength(13)
    expect(lines[0]).toBe(
      'at,host,purpose,provider,model,endpoint,promptTokens,completionTokens,cost,outcome,milliseconds',
    )
    expect(lines[1]).toMatch(/,connection test,Lab server,,models,,,0,llm-key,\d+$/)
    expect(await axeFindings(page, 'html')).toEqual([])
  })

  test('send nothing while the offline switch is on', async () => {
    const { connections } = server
    await page.getByRole('switch', { name: 'Offline' }).click({ force: true })
    await expect.poll(() => section('Language models').innerText()).toContain('Nothing is sent.')
    await testSays('Offline: The offline switch is on')
    expect(server.connections).toBe(connections)
    await page.getByRole('switch', { name: 'Offline' }).click({ force: true })
    await expect.poll(() => section('Language models').innerText()).toContain('On, nothing is sent')
  })

  test('take a server away with its key, when a person says so twice', async () => {
    await button(card(), 'Remove').click()
    await button(card(), 'Keep it').click()
    await button(card(), 'Remove').click()
    await button(card(), 'Remove it and its key').click()
    await card().waitFor({ state: 'detached' })
    await expect.poll(() => section('Language models').innerText()).toContain('No server yet.')
  })

  test('refuse a folder without a chat template by its name, and add the next one: no key, and a speed', async () => {
    const add = async (folder: string) => {
      await button(section('Language models'), 'Add a model in a folder…').click()
      await goToPath(page, folder)
      const form = page.getByRole('dialog', { name: 'Add a model in a folder' })
      await button(form, 'Add the model').click()
      return form
    }
    const form = await add(makeSmallChatModel(join(workbench.served.home, 'mute'), { context: 2048, template: null }))
    await form.getByText('mute has no chat template').waitFor()
    await form.getByText(/Use a model that was trained to chat/).waitFor()
    expect(await axeFindings(page, '[role=dialog]')).toEqual([])
    await button(form, 'Cancel').click()
    await add(makeSmallChatModel(join(workbench.served.home, 'small'), { context: 2048 }))
    await small().getByText('nothing leaves this machine, and there is no key', { exact: false }).waitFor()
    expect(await small().getByRole('button', { name: /key/i }).count()).toBe(0)
    await button(small(), 'Test the model').click()
    await small()
      .getByText(/small answers: reads [\d,.]+ and writes [\d,.]+ tokens\/s, scored prompts\./)
      .waitFor()
    expect(await axeFindings(page)).toEqual([])
  })

  test('have neurons explained by it, offline and with nothing sent, and take it off the list', async () => {
    await page.getByRole('switch', { name: 'Offline' }).click({ force: true })
    await page.evaluate(() => void (location.hash = '#/start'))
    await page.getByRole('button', { name: /^Open the demo/ }).click()
    await page.getByRole('button', { name: 'Measure', exact: true }).waitFor()
    await page.evaluate(() => void (location.hash = '#/neurons'))
    await button(page, 'Explain neurons…').click()
    const dialog = page.getByRole('dialog', { name: 'Explain neurons' })
    await dialog.getByText('A language model').click()
    await dialog.getByLabel('How many').fill('2')
    await dialog.getByRole('combobox', { name: 'Scorer' }).click()
    await page.getByRole('option', { name: 'No score' }).click()
    await button(dialog, 'Count tokens and cost').click()
    await dialog.getByText('0 requests leave this machine: small runs here.').waitFor()
    await button(dialog, 'Explain 2 neurons').click()
    await dialog.waitFor({ state: 'hidden' })
    await page.getByRole('contentinfo').getByText('Done: Explain 2 neurons with small').waitFor()
    await page.evaluate(() => void (location.hash = '#/settings'))
    await button(small(), 'Remove').click()
    await button(small(), 'Remove it, keep its files').click()
    await small().waitFor({ state: 'detached' })
    expect(existsSync(join(workbench.served.home, 'small/model.safetensors'))).toBe(true)
    await expect
      .poll(() =>
        section('Language models')
          .getByRole('button', { name: 'Add a model in a folder…' })
          .evaluate((node) => node === document.activeElement),
      )
      .toBe(true)
  })

  test('and nothing was logged and no policy was broken', () => {
    expect(workbench.problems()).toEqual([])
  })
})
