/**
 * The part of Electron that the preload may use, and no more. Declared here so that the page's project does not take in
 * the whole of Electron's and Node's types.
 */
declare module 'electron' {
  export const ipcRenderer: {
    postMessage(channel: 'snip:port', message: null, ports: MessagePort[]): void
    invoke(channel: 'snip:drop', paths: readonly string[]): Promise<string | null>
    on(
      channel: 'snip:tell',
      listener: (event: unknown, message: { readonly snip: string; readonly id: string }) => void,
    ): void
  }
  export const webUtils: {
    /** Empty for a file that has no place on disk. */
    getPathForFile(file: File): string
  }
}
