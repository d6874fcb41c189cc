/** The part of a process channel that carries messages: `process` in the child, a ChildProcess in the parent. */
export interface ProcessChannel {
  readonly connected: boolean
  send?(message: unknown, callback: (error: Error | null) => void): boolean
  on(event: 'message', listener: (message: unknown) => void): unknown
  on(event: 'disconnect', listener: () => void): unknown
}

/**
 * A process channel in the shape of the message port that oRPC speaks over. What is posted to a channel that has closed is
 * dropped: its closing, and the exit of the other process, are what callers are told of.
 */
export function processPort(channel: ProcessChannel) {
  return {
    postMessage(data: unknown): void {
      // Without a callback a channel that breaks meanwhile would emit an error that nobody listens to, which ends a process.
      if (channel.connected) channel.send?.(data, () => undefined)
    },
    on(event: string, callback: (event?: { data: unknown }) => void): void {
      if (event === 'message') channel.on('message', (data) => callback({ data }))
      if (event === 'close') channel.on('disconnect', () => callback())
    },
  }
}
