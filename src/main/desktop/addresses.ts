/** Scheme and host under which the page lives. A standard, secure scheme: it has an origin like any https page. */
export const pageScheme = 'app'
export const pageHost = 'workbench'
export const pageOrigin = `${pageScheme}://${pageHost}`
export const pageAddress = `${pageOrigin}/index.html`

/** Sites that citations and documentation point to: the only ones that a link opens in the system's browser. */
const openableHosts: ReadonlySet<string> = new Set([
  'aclanthology.org',
  'arxiv.org',
  'doi.org',
  'github.com',
  'huggingface.co',
  'openreview.net',
])

function parsed(address: string): URL | null {
  try {
    return new URL(address)
  } catch {
    return null
  }
}

/** True for addresses of our own page and its files. Parsed, never compared as text: `app://workbench.evil` begins alike. */
export function isOwnAddress(address: string): boolean {
  const url = parsed(address)
  return (
    url !== null &&
    url.protocol === `${pageScheme}:` &&
    url.host === pageHost &&
    url.username === '' &&
    url.password === ''
  )
}

/** True for https addresses of the sites above, on the usual port and without a name or password. */
export function isOpenableOutside(address: string): boolean {
  const url = parsed(address)
  return (
    url !== null &&
    url.protocol === 'https:' &&
    url.port === '' &&
    url.username === '' &&
    url.password === '' &&
    openableHosts.has(url.hostname)
  )
}
