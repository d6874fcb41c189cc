import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { SnipError } from '../../../contract/failure.ts'
import { createWorkbenchSession } from '../../services/session/create-session.ts'
import { openInBrowser } from '../../server/address-file.ts'
import { isLoopback } from '../../server/access.ts'
import { browserDoorTraits, checkServeOptions, serveWorkbench } from '../../server/serve-workbench.ts'
import type { CommandDoor, CommonOptions } from '../command-door.ts'
import { wholeNumber } from '../options.ts'
import { printable } from '../output/printable.ts'

interface ServeCommandOptions extends CommonOptions {
  readonly port?: number
  readonly host: string
  readonly allowRemote?: boolean
  readonly workspace?: string
  readonly demo?: boolean
  readonly open?: boolean
}

export function addServe(program: Command, door: CommandDoor): void {
  program
    .command('serve')
    .description('the workbench in a browser, until Ctrl-C')
    .option('--port <n>', 'port; 0 for any free one', wholeNumber('--port', 0, 65_535))
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--allow-remote', 'allow an address that other machines reach')
    .option('--workspace <dir>', 'open this workspace')
    .option('--demo', 'open the demo workspace')
    .option('--open', 'open the address in the browser')
    .option('--quiet', 'print the address only')
    .option('--verbose', 'print what the engine says, and details of faults')
    .action((options: ServeCommandOptions) =>
      door.run(options, async ({ io }) => {
        if (options.workspace !== undefined && options.demo) {
          throw new SnipError('bad-argument', '--workspace and --demo exclude each other', {
            remedy: 'Give one of them.',
          })
        }
        const serveOptions = {
          // The build puts it beside the folder of this program's resources.
          rendererFolder: resolve(io.resources, '../out/renderer'),
          host: options.host,
          port: options.port ?? null,
          allowRemote: options.allowRemote ?? false,
        }
        checkServeOptions(serveOptions)
        const say = (sentence: string) => {
          if (!options.quiet) io.err(`${printable(sentence)}\n`)
        }
        const session = createWorkbenchSession({
          hostFile: io.hostFile,
          door: browserDoorTraits,
          resources: io.resources,
          environment: io.environment,
          log: (line) => {
            if (options.verbose) io.err(`${printable(line)}\n`)
          },
        })
        let removeAddress = () => {}
        try {
          if (options.demo) await session.workspaces.openDemo(false)
          if (options.workspace !== undefined) await session.workspaces.open(resolve(options.workspace))
          const served = await serveWorkbench(session, serveOptions)
          try {
            if (!isLoopback(options.host)) {
              io.err('warning: other machines can reach this door, and what it sends is not encrypted.\n')
            }
            session.workspaces.announce(served.url)
            io.out(`${served.url}\n`)
            say('Open this address in a browser; Ctrl-C ends the workbench.')
            if (options.open) {
              const onFailure = () => say('No browser could be started: open the address above by hand.')
              removeAddress = openInBrowser(served.url, join(session.dataFolder, 'addresses'), onFailure)
            }
            await untilAborted(io.signal)
          } finally {
            session.workspaces.announce(null)
            await served.close()
          }
        } finally {
          removeAddress()
          await session.dispose()
        }
        return { json: null, text: '' }
      }),
    )
}

function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((done) => signal.addEventListener('abort', () => done(), { once: true }))
}
