import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Locator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll } from 'vitest'
import { openWorkbench, type Opened } from '../support/browser.ts'

const root = process.cwd()
export const model = join(root, 'resources/demo/model')
export const demoData = join(root, 'resources/demo/data')

/** A workbench in Chromium at its first-run screen, and the files of the story beside it. */
export interface Story {
  readonly workbench: Opened
  readonly page: Page
  /** Where the demo workspace will lie. */
  readonly workspace: string
  /** The data set of the story: a table with one row that cannot be used. */
  readonly table: string
}

/** Opens a story before the tests of the file, takes a picture of each step that fails, and closes it after the last. */
export function inStory(use: (story: Story) => void | Promise<void>): void {
  let story: Story | undefined
  beforeAll(async () => {
    story = await openStory()
    await use(story)
  })
  afterEach(async ({ task }) => {
    if (story) await shotOfFailure(story.page, task)
  })
  afterAll(() => story?.workbench.close())
}

async function openStory(): Promise<Story> {
  const workbench = await openWorkbench({
    context: {
      viewport: { width: 1440, height: 900 },
      reducedMotion: 'reduce',
      permissions: ['clipboard-read', 'clipboard-write'],
    },
  })
  const folder = join(workbench.served.home, 'tables')
  mkdirSync(folder)
  const table = join(folder, 'stories.csv')
  writeFileSync(table, storyTable())
  return {
    workbench,
    page: workbench.page,
    workspace: join(workbench.served.home, 'data/snip-workbench/demo'),
    table,
  }
}

/** Rows of the table that can be used, and the line on which the one lies that cannot. */
export const usableRows = 40
export const brokenLine = 14

/** A table whose third row has a line break inside, so that rows and lines do not go together, and line 14 is torn. */
function storyTable(): string {
  const sentences = readFileSync(join(demoData, 'retain-prose.txt'), 'utf8')
    .replaceAll(/\s+/g, ' ')
    .replaceAll('"', "'")
    .split(/(?<=[.!?]) /)
    .filter((sentence) => sentence.length > 60)
  const rows = Array.from({ length: usableRows }, (_, at) => `${at + 1},"${sentences[at]}"`)
  rows[2] = '3,"First line of the third row\nand its second line, which goes on for a while."'
  // The heading is line 1 and the third row takes two lines: the twelfth row stands on line 14.
  rows.splice(11, 0, '99,"torn" in the middle')
  return `id,text\n${rows.join('\n')}\n`
}

/** A picture of the page after a step that failed, where SNIP_SHOTS names a folder for it. */
async function shotOfFailure(page: Page, task: { name: string; result?: { state: string } | undefined }) {
  const folder = process.env['SNIP_SHOTS']
  if (folder === undefined || task.result?.state !== 'fail') return
  await page.screenshot({ path: join(folder, `${task.name.replaceAll(/\W+/g, '-').slice(0, 60)}.png`) })
}

const run = promisify(execFile)

/** What the command line answers, as JSON, run in the workbench's own data folder. */
export async function snip<T>(story: Story, ...args: string[]): Promise<T> {
  const { home } = story.workbench.served
  const places = { HOME: home, XDG_CACHE_HOME: join(home, 'cache'), XDG_DATA_HOME: join(home, 'data') }
  const { stdout } = await run(process.execPath, [join(root, 'bin/snip.js'), ...args, '--json', '--quiet'], {
    env: { ...process.env, ...places, SNIP_DATA_HOME: '' },
    maxBuffer: 1 << 28,
  })
  return JSON.parse(stdout) as T
}

/** The entry of a folder that was made last, apart from files that are still being written. */
export function newestIn(...parts: string[]): string {
  const folder = join(...parts)
  const [newest] = readdirSync(folder)
    .filter((name) => /^[\w-][\w.-]*$/.test(name) && !/\.(?!jsonl?$)[^.]*$/.test(name))
    .map((name) => join(folder, name))
    .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)
  return newest!
}

export function buttonOf(within: Page | Locator, name: string | RegExp): Locator {
  return within.getByRole('button', typeof name === 'string' ? { name, exact: true } : { name })
}

export function byLabel(page: Page, name: string): Locator {
  return page.getByLabel(name, { exact: true })
}

export function inspector(page: Page): Locator {
  return page.getByRole('complementary', { name: /^(mlp|attention):/ })
}

export function slider(page: Page): Locator {
  return page.getByRole('slider', { name: 'Neurons to prune' })
}

/** The continuation of one model in Compare. */
export function side(page: Page, name: 'original' | 'unlearned'): Locator {
  return page.locator(`main [data-side="${name}"][dir]`)
}

export function preview(page: Page): Locator {
  return page.getByRole('region', { name: 'Preview', exact: true })
}
