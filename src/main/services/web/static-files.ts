import { realpath, stat } from 'node:fs/promises'
import { extname, join, sep } from 'node:path'

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
}

export type StaticFile =
  | {
      readonly found: true
      /** Absolute, links resolved, inside the root. */
      readonly path: string
      readonly contentType: string
      /** True for the page itself, which gets a nonce. */
      readonly isPage: boolean
      /** True for files whose name holds a hash of what is in them. */
      readonly lasting: boolean
    }
  | { readonly found: false; readonly status: 400 | 403 | 404 }

const refused = (status: 400 | 403 | 404): StaticFile => ({ found: false, status })

/**
 * The file below `root` that a path of an address names. The path is as it stands in the address, without query and
 * still encoded. Refuses whatever leads out of the root, by dots, by encoding or by a link.
 */
export async function findStaticFile(root: string, urlPath: string): Promise<StaticFile> {
  if (!urlPath.startsWith('/')) return refused(400)
  let path: string
  try {
    path = decodeURIComponent(urlPath)
  } catch {
    return refused(400)
  }
  if (path === '/') path = '/index.html'
  // A path that is encoded twice, or holds what no file of ours does, is not asked for by our page.
  if (/[\p{Cc}\\:%]/u.test(path)) return refused(400)
  const parts = path.slice(1).split('/')
  if (parts.some((part) => part === '..')) return refused(403)
  if (parts.some((part) => part === '' || part.startsWith('.'))) return refused(404)
  const contentType = types[extname(path).toLowerCase()]
  if (contentType === undefined) return refused(404)

  try {
    const realRoot = await realpath(root)
    const real = await realpath(join(realRoot, ...parts))
    if (!real.startsWith(realRoot + sep)) return refused(403)
    if (!(await stat(real)).isFile()) return refused(404)
    const isPage = path === '/index.html'
    return { found: true, path: real, contentType, isPage, lasting: parts[0] === 'assets' }
  } catch {
    return refused(404)
  }
}
