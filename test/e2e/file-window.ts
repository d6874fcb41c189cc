import type { Locator, Page } from 'playwright-core'
import { expect } from 'vitest'

/** The box of the window that asks for a file, when its list is there: it takes the focus when it comes. */
export async function pathBox(page: Page): Promise<Locator> {
  const dialog = page.getByRole('dialog')
  const list = dialog.getByRole('listbox', { name: 'Files and folders' })
  const isReady = (element: Element) =>
    element === document.activeElement && element.getAttribute('aria-busy') !== 'true'
  await expect.poll(() => list.evaluate(isReady)).toBe(true)
  return dialog.getByLabel('Path; Enter goes there')
}

/** Goes to a path in the window that asks for a file. */
export async function goToPath(page: Page, path: string): Promise<void> {
  const box = await pathBox(page)
  await box.fill(path)
  await box.press('Enter')
}
