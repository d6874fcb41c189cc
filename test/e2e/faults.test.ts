import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { patienceMs, serve } from '../support/browser.ts'
import { goToPath } from './file-window.ts'
import { byLabel, demoData, inStory, snip, type Story } from './story.ts'

let story: Story
let page: Page

inStory(async (opened) => {
  story = opened
  page = opened.page
  await page.getByRole('button', { name: /^Open the demo/ }).click()
  await page.locator('main[data-view=prune]').waitFor()
})

async function goTo(view: string): Promise<void> {
  await page.evaluate((hash) => void (location.hash = hash), `#/${view}`)
  await page.locator(`main[data-view=${view}]`).waitFor()
}

const button = (name: string | RegExp) =>
  page.getByRole('main').getByRole('button', typeof name === 'string' ? { name, exact: true } : { name })

/** Starts to record one of the demo's data sets. */
async function record(data: string, tokens: string): Promise<void> {
  await goTo('neurons')
  await button('Record again…').click()
  const dialog = page.getByRole('dialog', { name: 'Record again' })
  await dialog.getByRole('combobox', { name: 'Texts' }).click()
  await page.getByRole('option', { name: data, exact: true }).click()
  await byLabel(page, 'Tokens').fill(tokens)
  await dialog.getByRole('button', { name: 'Record 3,840 neurons' }).click()
  await dialog.waitFor({ state: 'detached' })
}

const jobs = () => page.getByRole('main').getByRole('listitem')
const jobOver = (data: string) => jobs().filter({ hasText: `neurons over ${data}` })

const inState = (data: string, state: string) =>
  page.locator(`main li[data-state=${state}]`, { hasText: `neurons over ${data}` })

/** Opens a file of the story's folder in the import form. */
async function importFile(name: string): Promise<void> {
  await goTo('data')
  await button('Import data…').click()
  await goToPath(page, join(story.table, '..', name))
  await page.getByRole('form', { name: 'Import' }).waitFor()
}

/** Hashes of the files of a finished recording, apart from what tells when it was made. */
function recordingBytes(folder: string): Record<string, string> {
  const files = readdirSync(folder).filter((name) => name !== 'timing.json' && name !== 'job.json')
  return Object.fromEntries(
    files.sort().map((name) => [
      name,
      createHash('sha256')
        .update(readFileSync(join(folder, name)))
        .digest('hex'),
    ]),
  )
}

/** The recording of a data set, by the manifest of its folder. */
function recordingOf(tokens: number): string {
  const folder = join(story.workspace, 'recordings')
  const found = readdirSync(folder).find((name) => {
    const manifest = JSON.parse(readFileSync(join(folder, name, 'recording.json'), 'utf8')) as { tokens: number }
    return manifest.tokens === tokens
  })
  return join(folder, found!)
}

describe('faults', () => {
  test('a page that is loaded again in the middle of a job finds it in the list, going on', async () => {
    await record('probe (probe)', '50000')
    await goTo('jobs')
    await inState('probe', 'running').getByRole('progressbar').waitFor()
    await page.reload()
    await inState('probe', 'running').waitFor()
    const bar = inState('probe', 'running').getByRole('progressbar')
    const first = Number((await bar.getAttribute('aria-valuenow')) ?? 0)
    const further = async () => {
      if ((await inState('probe', 'done').count()) === 1) return 100
      return Number((await bar.getAttribute('aria-valuenow', { timeout: 500 })) ?? 0)
    }
    await expect.poll(further).toBeGreaterThan(first)
    await inState('probe', 'done').waitFor()
    await expect.poll(() => jobOver('probe').count()).toBe(1)
    const manifest = readFileSync(join(recordingOf(49_984), 'recording.json'), 'utf8')
    expect(JSON.parse(manifest)).toMatchObject({ windows: 781, neurons: 3840 })
  })

  test('an engine killed in mid-recording is told with its cause; resumed, it ends with the same bytes', async () => {
    await record('forget-code', '30000')
    await goTo('jobs')
    const job = jobOver('forget-code')
    const bar = job.getByRole('progressbar')
    await expect.poll(async () => Number((await bar.getAttribute('aria-valuenow')) ?? 0)).toBeGreaterThan(5)
    process.kill(enginePid(), 'SIGKILL')
    const banner = page.getByRole('alert').filter({ hasText: 'The engine stopped at' })
    await expect.poll(() => banner.innerText()).toMatch(/SIGKILL|killed|signal 9/i)
    await inState('forget-code', 'failed').waitFor()
    await expect.poll(() => job.getByRole('alert').innerText()).toMatch(/engine/i)
    await job.getByRole('button', { name: /^Resume: / }).click()
    await inState('forget-code', 'done').waitFor()
    const resumed = recordingOf(29_952)
    const whole = join(story.workbench.served.home, 'whole')
    const request = ['--tokens', '30000', '--window', '64', '--sites', 'mlp,attention', '--seed', '1']
    const data = join(demoData, 'forget-code.txt')
    await snip(story, 'record', join(demoData, '../model'), data, ...request, '--out', whole)
    expect(recordingBytes(resumed)).toEqual(recordingBytes(whole))
  })

  test('a condition that is refused leaves the form as it was, and a retry takes the better one', async () => {
    await importFile('stories.csv')
    const form = page.getByRole('form', { name: 'Import' })
    await byLabel(page, 'Name').fill('kept as typed')
    await form.getByRole('checkbox', { name: 'Retain', exact: true }).check()
    await form.getByLabel('Only rows where').fill('idd <')
    const alert = form.getByRole('alert')
    await alert.waitFor()
    await expect.poll(() => alert.getByRole('button', { name: 'Try again' }).count()).toBe(1)
    await expect.poll(() => form.getByLabel('Only rows where').inputValue()).toBe('idd <')
    await expect.poll(() => byLabel(page, 'Name').inputValue()).toBe('kept as typed')
    await expect.poll(() => form.getByRole('checkbox', { name: 'Retain', exact: true }).isChecked()).toBe(true)
    await form.getByLabel('Only rows where').fill('id <= 10')
    await form.getByRole('button', { name: 'Import 10 documents' }).click()
    await expect.poll(() => button(/^kept as typed/).innerText()).toContain('Retain')
  })

  test('a row of a million characters, right-to-left text and emoji are imported and shown apart', async () => {
    const folder = join(story.table, '..')
    const odd = 'שלום עולם, זה משפט בעברית 🙂👩‍👩‍👧'
    writeFileSync(join(folder, 'odd.csv'), `id,text\n1,"${'word '.repeat(200_000)}"\n2,"${odd}"\n`)
    await importFile('odd.csv')
    await byLabel(page, 'Name').fill('مجموعة 🙂')
    await page.getByRole('button', { name: 'Import 2 documents' }).click()
    await page.getByText(/^Show 20,00\d characters$/).waitFor()
    const hebrew = page.getByText(odd).first()
    await expect.poll(() => hebrew.evaluate((element) => getComputedStyle(element).direction)).toBe('rtl')
    await expect
      .poll(() => hebrew.evaluate((element) => getComputedStyle(element).unicodeBidi))
      .toMatch(/isolate|plaintext/)
    const name = button(/مجموعة 🙂/)
      .locator('bdi, [dir=auto]')
      .first()
    await expect
      .poll(() => name.evaluate((element) => getComputedStyle(element).unicodeBidi))
      .toMatch(/isolate|plaintext/)
    await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true)
  })

  test('ten thousand prompts are pasted, odd ones among them, and Compare stays at hand', async () => {
    await goTo('compare')
    const prompts = page.getByRole('grid', { name: 'Prompts' })
    await prompts.waitFor()
    await page.getByText('3 prompts', { exact: true }).waitFor()
    const before = Number(await prompts.getAttribute('aria-rowcount'))
    const lines = Array.from({ length: 10_000 }, (_, at) => `مرحبا 🎉 prompt ${at + 1}`)
    await page.evaluate((text) => navigator.clipboard.writeText(text), lines.join('\n'))
    await page.getByLabel('New prompt').focus()
    await page.keyboard.press('Control+v')
    await button('Add 10,000, one per line').click()
    await expect.poll(async () => Number(await prompts.getAttribute('aria-rowcount'))).toBe(before + 10_000)
    await expect.poll(() => prompts.locator('[data-active]').innerText()).toContain('prompt 10000')
    await expect.poll(() => prompts.locator('[data-row]').count()).toBeLessThan(80)
    const cell = prompts.locator('[data-active] [dir=auto]')
    await expect.poll(() => cell.evaluate((element) => getComputedStyle(element).direction)).toBe('rtl')
    await page.getByRole('main').getByLabel('Tokens', { exact: true }).fill('4')
    await button('Generate side by side').click()
    await page.getByText(/words of the original became|Both wrote the same words/).waitFor()
    await page.keyboard.press('Control+z')
  })

  test('a second process on the same folder is refused by name, and its page offers the way to join', async () => {
    const pid = story.workbench.served.child.pid!
    await expect(serve({ asBuilt: true, args: ['--workspace', story.workspace] })).rejects.toThrow(
      `Process ${pid} has the workspace "demo" open`,
    )
    const second = await serve({ asBuilt: true })
    try {
      const other = await story.workbench.browser.newPage()
      other.setDefaultTimeout(patienceMs)
      await other.goto(second.url)
      await other.getByRole('button', { name: /^Open a workspace/ }).click()
      await goToPath(other, story.workspace)
      await other.getByRole('button', { name: 'Open demo as a workspace' }).click()
      const alert = other.getByRole('alert').first()
      await alert.waitFor()
      await expect.poll(() => alert.innerText()).toContain(`Process ${pid} has the workspace "demo" open`)
      const link = alert.getByRole('link', { name: 'Join it there' })
      await expect.poll(() => link.getAttribute('href')).toBe(story.workbench.url)
      await link.click()
      await other.locator('main[data-view]').waitFor()
      await expect.poll(() => other.getByRole('button', { name: 'SNIP demo' }).count()).toBe(1)
      await other.close()
    } finally {
      await second.stop()
    }
  })

  test('nothing was logged so far', () => {
    expect(story.workbench.problems()).toEqual([])
  })

  test('a workspace folder that is gone is one sentence, and another workspace opens', async () => {
    const away = `${story.workspace}-away`
    renameSync(story.workspace, away)
    await goTo('data')
    await page.reload()
    await page
      .locator('main')
      .getByText(/folder .* is gone/)
      .first()
      .waitFor()
    await goTo('start')
    await page.getByRole('button', { name: /^Open the demo/ }).click()
    await page.locator('main[data-view=prune]').waitFor()
    await page.getByRole('slider', { name: 'Neurons to prune' }).waitFor()
    expect(story.workbench.problems().filter((text) => !text.startsWith('status 4'))).toEqual([])
    rmSync(away, { recursive: true, force: true })
  })
})

/** The engine's process: the child of the workbench that runs the engine host. */
function enginePid(): number {
  const parent = story.workbench.served.child.pid!
  const children = readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8').trim().split(/\s+/).map(Number)
  const engine = children.find((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('engine-host'))
  if (engine === undefined) throw new Error('No engine runs')
  return engine
}
