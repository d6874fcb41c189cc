import type { WebContents } from 'electron'
import { isOpenableOutside, isOwnAddress } from './addresses.ts'

export interface ContentsRules {
  /** Hands an address to the system's browser. */
  readonly openOutside: (address: string) => void
  readonly log: (line: string) => void
}

/** The part of an event by which it is refused. */
interface Refusable {
  preventDefault(): void
}

type RuledContents = Pick<WebContents, 'on' | 'setWindowOpenHandler'>

/** Keeps a page where it is: no navigation, redirect or frame elsewhere, no window, no webview. */
export function ruleContents(contents: RuledContents, { openOutside, log }: ContentsRules): void {
  const stay = (kind: string) => (event: Refusable & { readonly url: string }) => {
    if (isOwnAddress(event.url)) return
    event.preventDefault()
    log(`Refused ${kind} to ${shortened(event.url)}`)
  }
  contents.on('will-navigate', stay('a navigation'))
  contents.on('will-frame-navigate', stay('a navigation of a frame'))
  contents.on('will-redirect', stay('a redirect'))
  contents.on('will-attach-webview', (event) => {
    event.preventDefault()
    log('Refused a webview')
  })
  contents.setWindowOpenHandler(({ url }) => {
    if (isOpenableOutside(url)) openOutside(url)
    else log(`Refused a window for ${shortened(url)}`)
    return { action: 'deny' }
  })
}

/** Enough of an address to know it by; the rest may hold anything. */
function shortened(address: string): string {
  return JSON.stringify(address.length > 120 ? `${address.slice(0, 120)}…` : address)
}
