import type { IpcMain, IpcMainEvent, MessagePortMain, WebContents } from 'electron'
import { isOwnAddress } from './addresses.ts'

/** Channel on which the preload hands over the page's port. */
export const portChannel = 'snip:port'

export interface PortHandshake {
  /** The contents of our own window; null while there is none. */
  readonly contents: () => WebContents | null
  /** Answers calls over a port. */
  readonly serve: (port: MessagePortMain) => void
  readonly log: (line: string) => void
}

/** Whether a message comes from the main frame of our own window and from our own page; else why not. */
export function refusalOfSender(
  event: Pick<IpcMainEvent, 'sender' | 'senderFrame'>,
  contents: WebContents | null,
): string | null {
  if (contents === null || event.sender !== contents) return 'another window'
  // Null when the frame has gone since.
  if (event.senderFrame === null || event.senderFrame !== contents.mainFrame) return 'another frame'
  if (!isOwnAddress(event.senderFrame.url)) return 'another origin'
  return null
}

/** Serves one port for each load of our page. A port from anywhere else, or a second one, is closed. */
export class PortGate {
  readonly #handshake: PortHandshake
  #serving: MessagePortMain | null = null

  constructor(handshake: PortHandshake) {
    this.#handshake = handshake
  }

  listen(ipc: Pick<IpcMain, 'on'>): void {
    ipc.on(portChannel, (event) => this.#take(event))
  }

  /** True once the page that is loaded has its port. */
  get isServing(): boolean {
    return this.#serving !== null
  }

  /** Forgets the port of a page that was left or reloaded, which cancels what it had under way. */
  pageLeft(): void {
    this.#serving?.close()
    this.#serving = null
  }

  #take(event: IpcMainEvent): void {
    const { contents, serve, log } = this.#handshake
    const [port, ...others] = event.ports
    const refusal =
      refusalOfSender(event, contents()) ??
      (this.#serving !== null ? 'a page that has its port' : null) ??
      (port === undefined || others.length > 0 ? 'a message that carries not one port' : null)
    if (refusal !== null || port === undefined) {
      for (const each of event.ports) each.close()
      log(`Refused a port of ${refusal}`)
      return
    }
    this.#serving = port
    serve(port)
    port.start()
  }
}
