import type { CommandIo } from './command-io.ts'
import { runCommandLine } from './run-command-line.ts'

const signalNumbers = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 } as const

/**
 * Runs the command line of this process and sets its exit code. The first Ctrl-C cancels between batches and lets go
 * of locks and of the engine; the second one ends the process at once.
 */
export async function runProcess(places: Pick<CommandIo, 'hostFile' | 'resources'>): Promise<void> {
  const cancel = new AbortController()
  for (const [signal, number] of Object.entries(signalNumbers)) {
    process.on(signal, () => {
      if (cancel.signal.aborted) process.exit(128 + number)
      cancel.abort(number)
    })
  }
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // A reader that has seen enough (`snip ... | head`) is no fault.
    if (error.code === 'EPIPE') process.exit(0)
    process.stderr.write(`snip: the output could not be written (${error.code ?? error.message}): free the disk\n`)
    process.exit(2)
  })
  process.stderr.on('error', () => {})

  const code = await runCommandLine(process.argv.slice(2), {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    outIsTerminal: process.stdout.isTTY ?? false,
    errIsTerminal: process.stderr.isTTY ?? false,
    columns: process.stderr.columns ?? 80,
    environment: process.env,
    signal: cancel.signal,
    ...places,
  })
  process.exitCode = code
}
