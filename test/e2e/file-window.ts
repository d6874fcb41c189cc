import type { Locator, Page } from 'playwright-core'
import { expect } from 'vitest'

/** The box of the window that asks for a file, when its list is there: the window takes the focus while it opens. */
export async function pathBox(page: Page): Promise<Locator> {
  const dialog = page.getByRole('dialog')
  await expect.poll(() => dialog.evaluate((window) => window.contains(document.activeElement))).toBe(true)
  await dialog.getByRole('listbox', { name: 'Files and folders' }).and(page.locator(':not([aria-busy=true])')).waitFor()
  return dialog.getByLabel('Path; Enter goes there')
}

/** Goes to a path in the window that asks for a file. */
export async function goToPath(page: Page, path: string): Promise<void> {
  const box = await pathBox(page)
  await box.fill(path)
  await box.press('Enter')
}
