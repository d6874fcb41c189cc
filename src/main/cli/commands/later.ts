import type { Command } from 'commander'
import { SnipError } from '../../../contract/failure.ts'

/** Commands that are promised and not here yet answer so, in one line; the help does not list them. */
export function addLater(program: Command): void {
  for (const name of ['report']) {
    program
      .command(name, { hidden: true })
      .allowUnknownOption()
      .allowExcessArguments()
      .argument('[args...]')
      .action(() => {
        throw new SnipError('bad-argument', `snip ${name} comes with the workbench and is not in this version`, {
          remedy: 'Use the other commands: see snip --help.',
        })
      })
  }
}
