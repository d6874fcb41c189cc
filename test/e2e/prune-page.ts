import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { openWorkbench, type Opened } from '../support/browser.ts'

const axe = readFileSync(join(resolve(import.meta.dirname, '../..'), 'node_modules/axe-core/axe.min.js'), 'utf8')

/** The demo workspace in Chromium, at a view. */
export async function openDemoAt(view: string): Promise<Opened> {
  const workbench = await openWorkbench({
    args: ['--demo'],
    asBuilt: process.env['SNIP_AS_BUILT'] === '1',
    context: { viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' },
  })
  await goTo(workbench.page, view)
  return workbench
}

export async function goTo(page: Page, view: string): Promise<void> {
  await page.locator('main').waitFor()
  await page.evaluate((hash) => void (location.hash = hash), `#/${view}`)
}

/** What axe finds in the view, in both themes. */
export async function axeFindings(page: Page): Promise<string[]> {
  const found: string[] = []
  await page.evaluate(axe)
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    found.push(
      ...(await page.evaluate(async () => {
        // @ts-expect-error: defined by the script above
        const result = await window.axe.run(document.querySelector('main'), { resultTypes: ['violations'] })
        return result.violations.map(
          (each: { id: string; nodes: { html: string }[] }) => `${each.id} ${each.nodes[0]?.html}`,
        )
      })),
    )
  }
  await page.emulateMedia({ colorScheme: 'light' })
  return found
}

export function expectSoon<T>(ask: () => T | Promise<T>): ReturnType<typeof expect.poll<T>> {
  return expect.poll(ask, { timeout: 30_000 })
}
