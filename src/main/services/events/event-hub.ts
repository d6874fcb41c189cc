import type { EventSink } from './event-sink.ts'
import type { WorkbenchEvent } from '../../../contract/workbench/events.ts'

/**
 * What happens in the workbench, for any number of listeners. Each gets at most 20 events a second: changed topics are
 * gathered, and of a job only its newest state is kept for a listener that is slow.
 */
export interface EventHub extends EventSink {
  /** Grows with every change; tables state the one they were made at. */
  readonly revision: number
  /** Starts with `hello`; ends when the signal aborts or the hub closes. */
  watch(signal: AbortSignal | undefined): AsyncIterableIterator<WorkbenchEvent>
  /** Ends all streams. */
  close(): void
}
