import { randomBytes } from 'node:crypto'

/** What a page may load and reach, beyond its own origin. */
export interface PolicyOptions {
  /** Fresh for every page that is sent. */
  readonly nonce: string
  /** Further addresses that the page connects to, as `ws://127.0.0.1:4767`. */
  readonly connect: readonly string[]
}

/** The content security policy of the page, the same for both doors: only our own files, styles with the page's nonce. */
export function contentPolicy({ nonce, connect }: PolicyOptions): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' blob:",
    "font-src 'self'",
    `connect-src ${["'self'", ...connect].join(' ')}`,
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}

/** A nonce of 128 random bits. */
export function freshNonce(): string {
  return randomBytes(16).toString('base64')
}

/** Headers of everything that a door answers. */
export const guardHeaders: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'x-frame-options': 'DENY',
}

/** Puts the nonce into the page's `<meta name="csp-nonce" content="">`, where the renderer reads it. */
export function pageWithNonce(page: string, nonce: string): string {
  return page.replace(/(<meta\s+name="csp-nonce"\s+content=")[^"]*(")/, (_whole, before: string, after: string) => {
    return `${before}${nonce}${after}`
  })
}
