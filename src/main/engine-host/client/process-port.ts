/** The part of a process channel that carries messages: `process` in the child, a ChildProcess in the parent. */
export interface ProcessChannel {
  send?(message: unknown): boolean
  on(event: 'message', listener: (message: unknown) => void): unknown
  on(event: 'disconnect', listener: () => void): unknown
}

/** A process channel in the shape of the message port that oRPC speaks over. */
export function processPort(channel: ProcessChannel) {
  return {
    postMessage(data: unknown): void {
      channel.send?.(data)
    },
    on(event: string, callback: (event?: { data: unknown }) => void): void {
      if (event === 'message') channel.on('message', (data) => callback({ data }))
      if (event === 'close') channel.on('disconnect', () => callback())
    },
  }
}
