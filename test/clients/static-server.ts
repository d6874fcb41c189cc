import { createServer } from 'node:http'
import { readFile } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
}

/** Serves folders below prefixes of the address on loopback, and at `/` a page with a map of imports and the module `script`. */
export async function serveFolders(
  folders: Readonly<Record<string, string>>,
  { imports, script }: { readonly imports: Readonly<Record<string, string>>; readonly script: string },
) {
  const page = [
    '<!doctype html><link rel="icon" href="data:,">',
    `<script type="importmap">${JSON.stringify({ imports })}</script>`,
    `<script type="module" src="${script}"></script>`,
  ].join('')
  const fileOf = (path: string): string => {
    const prefix = Object.keys(folders).find((one) => path.startsWith(`${one}/`))
    return prefix === undefined ? '' : join(folders[prefix]!, path.slice(prefix.length))
  }
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url ?? '/', 'http://local').pathname)
    if (path === '/') {
      response.setHeader('content-type', 'text/html').end(page)
      return
    }
    readFile(fileOf(path), (error, content) => {
      if (error) response.writeHead(404).end()
      else response.setHeader('content-type', types[extname(path)] ?? 'application/octet-stream').end(content)
    })
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { origin, stop: () => new Promise((stopped) => server.close(stopped)) }
}
