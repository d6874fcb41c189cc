import type { ClientContext, ClientLink } from '@orpc/client'
import type { Grant } from '../../contract/workbench/files.ts'

/** A way to the main side that is open. */
export interface Channel {
  readonly link: ClientLink<ClientContext>
  /** True as soon as it has closed, before its pending calls reject. */
  readonly isClosed: boolean
  readonly whenClosed: Promise<void>
  close(): void
}

export interface UploadOptions {
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((sentBytes: number, totalBytes: number) => void) | undefined
}

/** How this page reaches the main side. */
export interface Transport {
  /** Opens a channel. Throws `ChannelRefused` when another try would not help. */
  open(signal: AbortSignal): Promise<Channel>
  /** Sends a file; null where files come as drops. Rejects with a `SnipError`. */
  readonly upload: ((file: File, path: string, options: UploadOptions) => Promise<Grant>) | null
}

/** The main side answered, and does not know this page: trying again is of no use. */
export class ChannelRefused extends Error {}
