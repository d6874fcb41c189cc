import { resolve } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
// @ts-expect-error: a plain script without types of its own
import { buildIfNeeded } from '../../scripts/build-if-needed.js'
import { patienceMs } from '../support/browser.ts'
import { sharedChromium } from '../support/chromium.ts'
import { axeFindingsAsShown } from './axe-findings.ts'
import { pathBox } from './file-window.ts'
import { demoWorkspace, job, openFrameWorkbench, type FrameWorkbench } from './frame-workbench.ts'

const renderer = process.env['SNIP_RENDERER'] ?? resolve(import.meta.dirname, '../../out/renderer')

let workbench: FrameWorkbench
let page: Page
const problems: string[] = []

beforeAll(async () => {
  if (process.env['SNIP_RENDERER'] === undefined) await (buildIfNeeded as () => Promise<boolean>)()
  const browser = await sharedChromium()
  workbench = await openFrameWorkbench(renderer)
  page = await browser.newPage({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' })
  page.setDefaultTimeout(patienceMs)
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) problems.push(message.text())
  })
  page.on('pageerror', (error) => void problems.push(error.message))
})

afterAll(async () => {
  await page?.context().close()
  await workbench?.close()
})

/** The next test finds the workbench and the page as a first visit does. */
afterEach(async () => {
  await page.evaluate(() => {
    localStorage.clear()
    sessionStorage.clear()
  })
  // Of the same origin, so that the browser keeps its process.
  await page.goto(`${new URL(workbench.door.url).origin}/no-eval.js`)
  await vi.waitUntil(() => workbench.listeners() === 0, { timeout: patienceMs })
  workbench.reset()
  problems.length = 0
})

const main = () => page.locator('main')
const heading = (name: string) => page.getByRole('heading', { level: 1, name })

async function openAt(view: string, workspace = true): Promise<void> {
  if (workspace) workbench.state.workspace = demoWorkspace()
  await page.goto(workbench.door.url)
  await page.getByRole('status').first().waitFor({ state: 'attached' })
  await expect.poll(() => workbench.listeners()).toBe(1)
  await page.evaluate((hash) => void (location.hash = hash), `#/${view}`)
  await page.locator(`main[data-view=${view}] h1`).first().waitFor()
}

describe('the start', () => {
  test('offers the demo, a model and a workspace, and the demo opens with the steps of the job', async () => {
    await openAt('start', false)
    for (const name of ['Open the demo', 'Open a model', 'Open a workspace']) {
      await expect.poll(() => page.getByRole('button', { name: new RegExp(`^${name} [A-Z]`) }).count()).toBe(1)
    }
    await page.getByRole('button', { name: /^Open the demo/ }).click()
    await page.locator('main[data-view=prune]').waitFor()
    const steps = page.getByRole('navigation', { name: 'Steps' }).getByRole('listitem')
    const told = async () => (await steps.allInnerTexts()).slice(0, 7).map((text) => text.replaceAll(/\s+/g, ' '))
    await expect
      .poll(told)
      .toEqual([
        '1 Model Done GPT-2 with 2.6 M parameters is open.',
        '2 Data Done 4 data sets are imported.',
        '3 Neurons Running Recording is running.',
        '4 Forget set Ready The forget set is chosen; its concepts can be extracted.',
        '5 Rank and prune Stale The forget set changed after the ranking. Rank again',
        '6 Compare Empty Nothing is measured yet.',
        '7 Export Empty Nothing is exported yet.',
      ])
    await expect
      .poll(() => page.getByRole('link', { name: /^Model: / }).innerText())
      .toContain('GPT-2, 2.6 M, f16, cpu')
    expect(problems).toEqual([])
  })

  test('a workspace that another process has open names it and offers to join it; a retry opens it', async () => {
    const path = '/home/ada/travel work'
    workbench.state.recent = [{ id: path, name: 'travel work', path, openedAt: 0, exists: true }]
    await openAt('start', false)
    workbench.state.openFails = {
      kind: 'busy',
      message: 'The workspace travel work is open in snip serve, process 4711.',
      remedy: 'Join it at http://127.0.0.1:4767/#token=abc, or end that process.',
    }
    await page.getByRole('button', { name: /^travel work/ }).click()
    const note = page.getByRole('alert')
    await expect.poll(() => note.innerText()).toContain('process 4711')
    await expect
      .poll(() => note.getByRole('link', { name: 'Join it there' }).getAttribute('href'))
      .toBe('http://127.0.0.1:4767/#token=abc')
    await note.getByRole('button', { name: 'Try again' }).click()
    await page.locator('main[data-view=model]').waitFor()
    await expect.poll(() => workbench.state.calls).toEqual([`open ${path}`, `open ${path}`])
  })

  test('a workspace is found in the file browser by keys alone', async () => {
    await openAt('start', false)
    await page.getByRole('button', { name: /^Open a workspace/ }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('option', { name: /^papers/ }).waitFor()
    await pathBox(page)
    await page.keyboard.press('p')
    await page.keyboard.press('ArrowRight')
    await expect.poll(() => page.getByRole('textbox', { name: /^Path/ }).inputValue()).toBe('/home/ada/papers')
    await page.getByText('There is no folder in here. Files are not shown.').waitFor()
    await page.keyboard.press('Backspace')
    await page.getByRole('option', { name: /^travel work/ }).waitFor()
    await page.keyboard.press('End')
    await page.keyboard.press('ArrowUp')
    await page.keyboard.press('Enter')
    await page.locator('main[data-view=model]').waitFor()
    await expect.poll(() => workbench.state.calls).toEqual(['open /home/ada/travel work'])
    expect(problems).toEqual([])
  })

  test('a typed path that does not exist is told, and stays as it was typed', async () => {
    await openAt('start', false)
    await page.getByRole('button', { name: /^Open a workspace/ }).click()
    await page.getByRole('option', { name: /^papers/ }).waitFor()
    const box = page.getByRole('textbox', { name: /^Path/ })
    await box.fill('/nowhere/at all')
    await box.press('Enter')
    await page.getByRole('alert').getByText('There is no /nowhere/at all').waitFor()
    await expect.poll(() => box.inputValue()).toBe('/nowhere/at all')
  })
})

describe('the frame', () => {
  test('the palette opens by Ctrl+K, finds a command by its name, and the view takes the focus', async () => {
    await openAt('settings')
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox', { name: /^Command/ }).fill('go to jobs')
    await page.keyboard.press('Enter')
    await heading('Jobs').waitFor()
    await expect.poll(() => main().evaluate((element) => element === document.activeElement)).toBe(true)
    await expect.poll(() => page.title()).toBe('Jobs - Demo - SNIP Workbench')
  })

  test('a neuron typed into the palette is gone to', async () => {
    await openAt('settings')
    await page.getByRole('button', { name: /^Search commands/ }).click()
    await page.getByRole('combobox', { name: /^Command/ }).fill('mlp:3:117')
    await page.keyboard.press('Enter')
    await expect.poll(() => page.evaluate(() => location.hash)).toBe('#/neurons/mlp:3:117')
  })

  test('undo and redo say what they did, and leave the text of a field to itself', async () => {
    await openAt('settings')
    await page.keyboard.press('Control+z')
    const status = page.locator('footer [role=status]')
    await expect.poll(() => status.innerText()).toBe('Undone: edited the concept of mlp:3:117.')
    await page.keyboard.press('Control+Shift+Z')
    await expect.poll(() => status.innerText()).toBe('Done again: edited the concept of mlp:3:117.')
    await page.getByRole('textbox', { name: 'Threads' }).focus()
    await page.keyboard.press('Control+z')
    await page.keyboard.press('Control+,')
    await expect.poll(() => workbench.state.calls).toEqual(['undo', 'redo'])
  })

  test('a stale step says why, and its click brings it up', async () => {
    await openAt('settings')
    const link = page.getByRole('link', { name: /Rank and prune/ })
    const described = async () => page.locator(`[id="${await link.getAttribute('aria-describedby')}"]`).innerText()
    await expect.poll(described).toBe('The forget set changed after the ranking.')
    await page.getByRole('navigation').getByRole('button', { name: 'Rank again' }).click()
    await page.locator('main[data-view=prune]').waitFor()
  })

  test('the hint of the next step is put away for good', async () => {
    await openAt('jobs')
    await page.getByRole('button', { name: 'Put these hints away for good' }).click()
    await expect.poll(() => page.getByRole('complementary', { name: 'Next step' }).count()).toBe(0)
    await expect.poll(() => workbench.state.settings.coachDismissed).toBe(true)
    await expect.poll(() => page.locator('footer').innerText()).toContain('Next: The ranking is out of date')
  })

  test('shortcuts can be turned off; the palette is still reached by its button', async () => {
    workbench.state.settings = { ...workbench.state.settings, shortcuts: false }
    await openAt('settings')
    await page.keyboard.press('?')
    await page.keyboard.press('Control+k')
    await page.getByRole('button', { name: /^Search commands/ }).click()
    await page.getByRole('combobox', { name: /^Command/ }).waitFor()
    await expect.poll(() => page.getByRole('dialog', { name: 'Shortcuts' }).count()).toBe(0)
  })

  test('a model that is opened before any workspace gets one made around it', async () => {
    await openAt('start', false)
    await page.getByRole('button', { name: /^Open a model/ }).click()
    await page.getByRole('option', { name: /^gpt2-small/ }).dblclick()
    await page.getByRole('textbox', { name: 'Name' }).fill('about travel')
    await page.getByRole('button', { name: 'Choose a folder' }).click()
    await page.getByRole('button', { name: 'Make it in ada' }).click()
    await page.getByRole('button', { name: 'Make the workspace' }).click()
    await page.locator('main[data-view=model]').waitFor()
    await expect.poll(() => workbench.state.calls).toEqual(['create /home/ada/about travel'])
  })

  test('the menu of the desktop calls commands by their id', async () => {
    await openAt('settings')
    await page.evaluate(() => window.postMessage({ snip: 'command', id: 'view.jobs' }, '*'))
    await expect.poll(() => heading('Jobs').count()).toBe(1)
  })

  test('zoom by keys is kept, and at 200 % nothing is wider than the window', async () => {
    await openAt('settings')
    for (let press = 0; press < 5; press++) {
      await page.keyboard.press('Control+=')
      await expect.poll(() => workbench.state.settings.zoomPercent).toBe([110, 125, 150, 175, 200][press])
    }
    await expect.poll(() => page.evaluate(() => document.getElementById('root')!.currentCSSZoom)).toBe(2)
    const overflow = () =>
      page.evaluate(() => {
        const { body, documentElement } = document
        return Math.max(body.scrollWidth - body.clientWidth, documentElement.scrollWidth - documentElement.clientWidth)
      })
    await expect.poll(overflow).toBe(0)
    expect(await axeFindingsAsShown(page)).toEqual([])
    await page.keyboard.press('Control+0')
    await expect.poll(() => workbench.state.settings.zoomPercent).toBe(100)
  })

  test('a lost connection is told with a way to retry, and what was shown stays', async () => {
    await openAt('settings')
    await workbench.door.close()
    await page.getByText('The connection to the workbench is lost.').waitFor()
    await expect.poll(() => page.getByRole('button', { name: 'Connect now' }).count()).toBe(1)
    await expect.poll(() => heading('Settings').count()).toBe(1)
    workbench = await openFrameWorkbench(renderer)
  })

  test('the death of the engine is an event with its cause and a way to start it again', async () => {
    await openAt('jobs')
    workbench.send({ kind: 'engine', state: 'died', message: 'It was killed by SIGKILL.' })
    const banner = page.getByRole('alert')
    await expect.poll(() => banner.innerText()).toContain('It was killed by SIGKILL.')
    await expect.poll(() => main().getByText('It was killed by SIGKILL.').count()).toBe(1)
    await banner.getByRole('button', { name: 'Start the engine again' }).click()
    await expect.poll(() => page.getByRole('alert').count()).toBe(0)
    await expect.poll(() => main().getByText('It was killed by SIGKILL.').count()).toBe(1)
  })
})

describe('jobs', () => {
  test('cancel shows before the workbench has answered', async () => {
    workbench.state.cancelTakes = 60_000
    workbench.state.jobs = [job('7', 'running', 'Record 4 layers x 768 neurons')]
    await openAt('jobs')
    await page.getByRole('button', { name: 'Cancel: Record 4 layers x 768 neurons' }).click()
    await expect
      .poll(() =>
        main()
          .getByRole('button', { name: /^Cancel/ })
          .isDisabled(),
      )
      .toBe(true)
    await expect.poll(() => main().getByRole('listitem').innerText()).toContain('Ends at its next batch')
    await expect.poll(() => workbench.state.calls).toEqual(['cancel 7'])
  })

  test('progress follows the events, with what is counted and the time left', async () => {
    const running = job('7', 'running', 'Record')
    workbench.state.jobs = [running]
    await openAt('jobs')
    const progress = { stage: 'Recording', done: 16_384, total: 65_536, unit: 'tokens' }
    const further = { ...running, progress, secondsLeft: 214 }
    workbench.state.jobs = [further]
    workbench.send({ kind: 'job', job: further })
    const bar = main().getByRole('progressbar', { name: 'Recording' })
    await expect.poll(() => bar.getAttribute('aria-valuenow')).toBe('25')
    await expect.poll(() => main().getByRole('listitem').innerText()).toContain('16,384 of 65,536 tokens')
    await expect.poll(() => page.getByRole('link', { name: /^Jobs: / }).innerText()).toContain('1, 4 min')
  })

  test('a failed job says what to do and resumes, and an ended one is dismissed', async () => {
    const failure = { kind: 'disk-full' as const, message: 'The disk is full.', remedy: 'Free 2 GB, then resume.' }
    workbench.state.jobs = [job('7', 'failed', 'Export', { failure, resumable: true })]
    await openAt('jobs')
    await expect.poll(() => main().getByRole('alert').innerText()).toContain('Free 2 GB, then resume.')
    await page.getByRole('button', { name: 'Resume: Export' }).click()
    await expect.poll(() => workbench.state.calls).toEqual(['resume 7'])
    await page.getByRole('button', { name: 'Show the log: Export' }).click()
    await main().getByText('batch 2 of 64').waitFor()
    await page.getByRole('button', { name: 'Dismiss: Export' }).click()
    await main().getByText('No jobs yet').waitFor()
  })
})

describe('accessibility', () => {
  for (const theme of ['light', 'dark'] as const) {
    test(`axe finds nothing in the start, the jobs, the settings and the windows over them, ${theme}`, async () => {
      workbench.state.settings = { ...workbench.state.settings, theme }
      workbench.state.jobs = [
        job('1', 'running', 'Record', { progress: { stage: 'Recording', done: 1, total: 4, unit: 'tokens' } }),
        job('2', 'failed', 'Export', { failure: { kind: 'disk-full', message: 'Full.', detail: 'ENOSPC' } }),
        job('3', 'interrupted', 'Sweep', { resumable: true, warnings: ['A ranking is shorter than k.'] }),
      ]
      const found: Record<string, string[]> = {}
      await openAt('start')
      await expect.poll(() => page.locator('html').getAttribute('data-mantine-color-scheme')).toBe(theme)
      found['start'] = await axeFindingsAsShown(page)
      await page.getByRole('button', { name: /^Open a workspace/ }).click()
      await page.getByRole('option', { name: /^papers/ }).waitFor()
      found['files'] = await axeFindingsAsShown(page)
      await page.getByRole('button', { name: 'Cancel' }).click()
      await expect.poll(() => page.getByRole('dialog').count()).toBe(0)
      await page.keyboard.press('Control+k')
      await page.getByRole('combobox', { name: /^Command/ }).waitFor()
      found['palette'] = await axeFindingsAsShown(page)
      await page.keyboard.press('Escape')
      await page.evaluate(() => void (location.hash = '#/jobs'))
      await page.getByRole('button', { name: 'Show the log: Record' }).click()
      workbench.send({ kind: 'engine', state: 'died', message: 'It was killed by SIGKILL.' })
      await page.getByRole('alert').first().waitFor()
      found['jobs'] = await axeFindingsAsShown(page)
      await page.evaluate(() => void (location.hash = '#/settings'))
      await page.getByRole('table').waitFor()
      found['settings'] = await axeFindingsAsShown(page)
      expect(found).toEqual({ start: [], files: [], palette: [], jobs: [], settings: [] })
      expect(problems).toEqual([])
    })
  }
})
