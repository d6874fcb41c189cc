/** Longest time in milliseconds that work over many rows keeps the page from answering. */
const sliceMilliseconds = 8

/** Gives the page a turn: keys, painting and scrolling go first. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    const channel = new MessageChannel()
    const go = () => {
      channel.port1.close()
      resolve()
    }
    channel.port1.addEventListener('message', go, { once: true })
    channel.port1.start()
    channel.port2.postMessage(null)
  })
}

/**
 * Work in slices: `await slices.next()` between chunks of some thousand rows. Gives false once the signal was aborted, and
 * whoever asked gives up.
 */
export interface Slices {
  next(): Promise<boolean>
}

export function inSlices(signal: AbortSignal): Slices {
  let until = performance.now() + sliceMilliseconds
  return {
    async next() {
      if (performance.now() >= until) {
        await turn()
        until = performance.now() + sliceMilliseconds
      }
      return !signal.aborted
    },
  }
}
