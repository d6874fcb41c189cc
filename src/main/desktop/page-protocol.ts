import { readFile } from 'node:fs/promises'
import type { CustomScheme } from 'electron'
import { contentPolicy, freshNonce, guardHeaders, pageWithNonce } from '../services/web/content-policy.ts'
import { findStaticFile } from '../services/web/static-files.ts'
import { isOwnAddress, pageScheme } from './addresses.ts'

/** How the page's scheme is registered, before the application is ready. */
export const pageSchemes: CustomScheme[] = [
  { scheme: pageScheme, privileges: { standard: true, secure: true, supportFetchAPI: true } },
]

/** Answers requests of the page from the folder of the built renderer; everything else is 403 or 404. */
export function createPageHandler(rendererFolder: string): (request: Request) => Promise<Response> {
  return async (request) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return refusal(405)
    if (!isOwnAddress(request.url)) return refusal(403)
    const file = await findStaticFile(rendererFolder, new URL(request.url).pathname)
    if (!file.found) return refusal(file.status)
    const headers: Record<string, string> = { ...guardHeaders, 'content-type': file.contentType }
    if (!file.isPage) {
      // A file that is opened by itself may load nothing; one that runs as a worker, only scripts of ours.
      headers['content-security-policy'] = "default-src 'none'; script-src 'self'; frame-ancestors 'none'"
      return new Response(new Uint8Array(await readFile(file.path)), { headers })
    }
    const nonce = freshNonce()
    headers['content-security-policy'] = contentPolicy({ nonce, connect: [] })
    headers['cache-control'] = 'no-store'
    return new Response(pageWithNonce(await readFile(file.path, 'utf8'), nonce), { headers })
  }
}

function refusal(status: number): Response {
  return new Response(status === 404 ? 'Not found\n' : 'Refused\n', {
    status,
    headers: {
      ...guardHeaders,
      'content-type': 'text/plain; charset=utf-8',
      'content-security-policy': "default-src 'none'",
    },
  })
}
