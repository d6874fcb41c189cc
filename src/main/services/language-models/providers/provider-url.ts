import { isIP } from 'node:net'
import { SnipError } from '../../../../contract/failure.ts'

/** A provider's address, taken apart once it is found to be one. */
export interface ProviderAddress {
  /** Without a slash at the end. */
  readonly baseUrl: string
  /** Scheme, host and port: keys belong to it. */
  readonly origin: string
  /** With the port where one is given. */
  readonly host: string
  /** On this machine or in its own network. */
  readonly local: boolean
}

/**
 * Reads a provider's address. Throws `bad-argument` unless it is http or https without user, password, query and fragment; plain
 * http needs a local host or a person's consent, for keys and texts can be read on the way.
 */
export function readProviderUrl(text: string, plainHttpAllowed: boolean): ProviderAddress {
  const url = URL.canParse(text.trim()) ? new URL(text.trim()) : null
  if (url === null || !['http:', 'https:'].includes(url.protocol) || url.hostname === '') {
    throw new SnipError('bad-argument', 'The address is no http or https URL', {
      remedy: 'Give for instance https://api.openai.com/v1 or http://localhost:11434/v1.',
    })
  }
  if (url.username !== '' || url.password !== '') {
    throw new SnipError('bad-argument', 'The address holds a user name or a password', {
      remedy: 'Leave it out, and set the key on its own.',
    })
  }
  if (url.search !== '' || url.hash !== '') {
    throw new SnipError('bad-argument', 'The address holds a query or a fragment', {
      remedy: 'Leave out everything from ? or # on.',
    })
  }
  const local = isLocalHost(url.hostname)
  if (url.protocol === 'http:' && !local && !plainHttpAllowed) {
    throw new SnipError(
      'bad-argument',
      `Plain http to ${url.hostname} lets others on the way read the key and the texts`,
      {
        remedy: 'Use https, or confirm that plain http is meant.',
      },
    )
  }
  return {
    baseUrl: `${url.origin}${url.pathname.replace(/\/+$/, '')}`,
    origin: url.origin,
    host: url.host,
    local,
  }
}

/** Whether a host is this machine or of a private network, by its name or number alone: nothing is looked up. */
export function isLocalHost(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '').toLowerCase()
  if (host === 'localhost' || host.endsWith('.localhost')) return true
  if (isIP(host) === 4) {
    const [a = 0, b = 0] = host.split('.').map(Number)
    return (
      a === 127 || a === 10 || (a === 172 && b >= 16 && b < 32) || (a === 192 && b === 168) || (a === 169 && b === 254)
    )
  }
  return isIP(host) === 6 && (host === '::1' || /^f[cd]/.test(host) || /^fe[89ab]/.test(host))
}
