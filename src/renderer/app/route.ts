import { useSyncExternalStore } from 'react'
import type { ViewId } from '../views/view-ids.ts'
import { parseRoute, routeHash, type Route } from './route-hash.ts'

export { parseRoute, routeHash, type Route } from './route-hash.ts'

/** Goes to a view. `replace` leaves no step in the history, for selections that change often. */
export function navigate(view: ViewId, arg: string | null = null, options: { replace?: boolean } = {}): void {
  const hash = routeHash(view, arg)
  if (hash === window.location.hash) return
  if (options.replace !== true) {
    window.location.hash = hash
    return
  }
  window.history.replaceState(null, '', hash)
  window.dispatchEvent(new HashChangeEvent('hashchange'))
}

/** The route of the window; renders again when it changes. */
export function useRoute(): Route {
  const hash = useSyncExternalStore(listen, () => window.location.hash)
  return parseRoute(hash)
}

function listen(changed: () => void): () => void {
  window.addEventListener('hashchange', changed)
  return () => window.removeEventListener('hashchange', changed)
}
