import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { hostname, networkInterfaces } from 'node:os'

/** Name of the WebSocket protocol; a second one, `snip-token.<token>`, carries the token. */
export const socketProtocol = 'snip'
const tokenProtocol = 'snip-token.'

/** A token of 256 random bits. */
export function makeToken(): string {
  return randomBytes(32).toString('base64url')
}

/** Compares in a time that does not depend on where the two differ. */
export function isToken(token: string, given: string | null): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(token), digest(given ?? '')) && given !== null
}

/** The token of an upload or a check: `Authorization: Bearer <token>`. */
export function tokenOfRequest(request: IncomingMessage): string | null {
  const match = /^Bearer ([\w-]{1,200})$/.exec(request.headers.authorization ?? '')
  return match?.[1] ?? null
}

/** The token among the protocols that a WebSocket offers. It is no part of the address, which logs would keep. */
export function tokenOfUpgrade(request: IncomingMessage): string | null {
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((protocol) => protocol.trim())
  if (!offered.includes(socketProtocol)) return null
  return offered.find((protocol) => protocol.startsWith(tokenProtocol))?.slice(tokenProtocol.length) ?? null
}

/** True for addresses that only this machine reaches. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host)
}

/** An address as it stands in a Host header. */
export function hostInAddress(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}

/**
 * The Host headers that the door answers to. A page of another site whose name was pointed at this machine (DNS rebinding)
 * sends its own name and is refused.
 */
export function hostsOf(host: string, port: number): ReadonlySet<string> {
  const names = new Set(['127.0.0.1', 'localhost', '::1'])
  names.add(host.toLowerCase())
  if (host === '0.0.0.0' || host === '::') {
    names.add(hostname().toLowerCase())
    for (const addresses of Object.values(networkInterfaces())) {
      for (const { address } of addresses ?? []) names.add(address.toLowerCase())
    }
  }
  const hosts = [...names].map((name) => `${hostInAddress(name)}:${port}`)
  return new Set(port === 80 ? [...hosts, ...[...names].map(hostInAddress)] : hosts)
}

/** Why a request is refused, or null. `needsOrigin` for everything that carries a token. */
export function refusalOf(
  request: IncomingMessage,
  hosts: ReadonlySet<string>,
  needsOrigin: boolean,
): 'host' | 'origin' | null {
  const host = request.headers.host?.toLowerCase()
  if (host === undefined || !hosts.has(host)) return 'host'
  const { origin } = request.headers
  if (origin === undefined) return needsOrigin ? 'origin' : null
  return origin.toLowerCase() === `http://${host}` ? null : 'origin'
}
