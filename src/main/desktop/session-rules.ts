import type { Session, WebContents } from 'electron'
import { isOwnAddress } from './addresses.ts'

/**
 * The one thing that the page may do beyond its own: write text to the clipboard, for its copy buttons. Reading it, camera,
 * microphone, display capture, notifications, devices and all others are refused, now and when new ones come.
 */
function isAllowed(permission: string, origin: string | undefined, isMainFrame: boolean): boolean {
  return permission === 'clipboard-sanitized-write' && isMainFrame && origin !== undefined && isOwnAddress(origin)
}

/** What the page's requests may go to. Everything it needs comes from its own origin, so that it works offline. */
export function isAllowedRequest(address: string): boolean {
  return isOwnAddress(address) || /^(?:blob:app:\/\/workbench\/|devtools:\/\/)/.test(address)
}

type RuledSession = Pick<
  Session,
  'setPermissionRequestHandler' | 'setPermissionCheckHandler' | 'setDevicePermissionHandler' | 'on'
> & { readonly webRequest: Pick<Session['webRequest'], 'onBeforeRequest'> }

/** Refuses permissions, devices, downloads and requests to anywhere else. */
export function ruleSession(session: RuledSession): void {
  session.setPermissionRequestHandler((_contents: WebContents, permission, answer, details) =>
    answer(isAllowed(permission, details.requestingUrl, details.isMainFrame)),
  )
  session.setPermissionCheckHandler((_contents, permission, origin, details) =>
    isAllowed(permission, origin, details.isMainFrame),
  )
  session.setDevicePermissionHandler(() => false)
  session.webRequest.onBeforeRequest((details, answer) => answer({ cancel: !isAllowedRequest(details.url) }))
  session.on('will-download', (event, item) => {
    // What a view made itself (a table, a report) goes through the system's save dialog.
    if (!item.getURL().startsWith('blob:app://workbench/')) event.preventDefault()
  })
}
