const storageKey = 'snip-token'

/**
 * The token of this page: taken out of the address's fragment, which then shows the first view, and kept for this tab so
 * that a reload finds it. Null when the page was opened without one.
 */
export function takeToken(page: Pick<Window, 'location' | 'history' | 'sessionStorage'>): string | null {
  const given = /^#token=([\w-]{20,200})$/.exec(page.location.hash)?.[1]
  if (given === undefined) return page.sessionStorage.getItem(storageKey)
  page.sessionStorage.setItem(storageKey, given)
  page.history.replaceState(null, '', `${page.location.pathname}${page.location.search}`)
  return given
}
