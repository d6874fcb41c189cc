import type { Page } from 'playwright-core'
import { openWorkbench, type Opened } from '../support/browser.ts'

/** The demo workspace in Chromium, at a view. */
export async function openDemoAt(view: string): Promise<Opened> {
  const workbench = await openWorkbench({
    args: ['--demo'],
    context: { viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' },
  })
  await goTo(workbench.page, view)
  return workbench
}

export async function goTo(page: Page, view: string): Promise<void> {
  await page.locator('main').waitFor()
  await page.evaluate((hash) => void (location.hash = hash), `#/${view}`)
}
