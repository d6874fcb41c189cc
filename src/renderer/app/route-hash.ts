import { viewIds, type ViewId } from '../views/view-ids.ts'

/** Where the window is: a view, and what in it is open (a neuron, a run, an export). */
export interface Route {
  readonly view: ViewId
  readonly arg: string | null
}

/** Reads `#/neurons/mlp:3:117`; anything else is the start view. */
export function parseRoute(hash: string): Route {
  const [, view, ...rest] = hash.split('/')
  if (!hash.startsWith('#/') || !isViewId(view)) return { view: 'start', arg: null }
  const arg = rest.join('/')
  return { view, arg: arg === '' ? null : decodeArg(arg) }
}

/** Writes a route as the fragment of an address. */
export function routeHash(view: ViewId, arg: string | null = null): string {
  if (arg === null) return `#/${view}`
  return `#/${view}/${encodeURIComponent(arg).replaceAll('%3A', ':').replaceAll('%2F', '/')}`
}

function isViewId(text: string | undefined): text is ViewId {
  return text !== undefined && (viewIds as readonly string[]).includes(text)
}

function decodeArg(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
