import { Command, CommanderError } from 'commander'
import { SnipError, toSnipError } from '../../contract/failure.ts'
import { programVersion } from '../services/version.ts'
import type { CommandIo } from './command-io.ts'
import { printable } from './output/printable.ts'
import { commands } from './commands/index.ts'
import { CommandDoor } from './command-door.ts'

const description = 'Makes a language model forget, neuron by neuron, and proves what was removed.'

/** Runs one command. Resolves to the exit code: 0 done, 2 bad input, 1 a fault of ours, 128 + n ended by signal n. */
export async function runCommandLine(argv: readonly string[], io: CommandIo): Promise<number> {
  const door = new CommandDoor(io)
  const program = buildProgram(io, door)
  try {
    if (argv.length === 0) throw new SnipError('bad-argument', 'No command was given', { remedy: 'See snip --help.' })
    await program.parseAsync(argv, { from: 'user' })
    return 0
  } catch (error) {
    return reportFailure(error, io, argv.includes('--verbose'))
  } finally {
    await door.dispose()
  }
}

function buildProgram(io: CommandIo, door: CommandDoor): Command {
  const program = new Command('snip')
  program
    .description(description)
    .version(programVersion, '-V, --version', 'print the version')
    .helpCommand(false)
    .showSuggestionAfterError(true)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.out(text),
      writeErr: (text) => io.err(text),
      outputError: () => {},
      getErrHelpWidth: () => io.columns,
    })
  for (const add of commands) add(program, door)
  for (const command of program.commands) {
    command.copyInheritedSettings(program).exitOverride()
    for (const option of command.options)
      if (option.mandatory && option.defaultValue === undefined) option.description += ' (required)'
  }
  return program
}

function reportFailure(error: unknown, io: CommandIo, verbose: boolean): number {
  if (io.signal.aborted) {
    io.err('snip: cancelled\n')
    return 128 + (typeof io.signal.reason === 'number' ? io.signal.reason : 2)
  }
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return 0
    io.err(`snip: ${oneLine(error.message.replace(/^error: /, ''))}. See snip --help.\n`)
    return 2
  }
  const failure = toSnipError(error)
  const parts = [failure.message, ...(failure.remedy === undefined ? [] : [failure.remedy])]
  if (!failure.isBadInput && !verbose) parts.push('Add --verbose for details')
  io.err(`snip: ${parts.map((part) => sentence(oneLine(part))).join(' ')}\n`)
  if (verbose && failure.detail !== undefined) io.err(`${failure.detail}\n`)
  return failure.isBadInput ? 2 : 1
}

function oneLine(text: string): string {
  return printable(text.replace(/\s*[\r\n]+\s*/g, ' ').trim())
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`
}
