import type { Command } from 'commander'
import { diagnose } from '../../services/doctor/doctor.ts'
import type { CommandDoor, CommonOptions } from '../command-door.ts'
import { withEngineOptions } from '../options.ts'
import { formatBytes } from '../output/numbers.ts'
import { formatPairs } from '../output/table.ts'

export function addDoctor(program: Command, door: CommandDoor): void {
  withEngineOptions(program.command('doctor'))
    .description('what works on this machine, and why the rest does not')
    .action((options: CommonOptions) =>
      door.run(options, async ({ workbench, task }) => {
        const found = await diagnose(workbench, task)
        const { versions, threads, memory, cacheFolder } = found
        return {
          json: found,
          text: formatPairs([
            ['snip', versions.snip],
            ['node', versions.node],
            ['onnx runtime', versions.onnxRuntime],
            ['platform', found.platform],
            ...found.providers.map(
              ({ provider, works, reason }) => [provider, works ? 'works' : `refused: ${reason}`] as const,
            ),
            ['threads', `${threads.used} (${threads.available} available)`],
            ['memory', `${formatBytes(memory.freeBytes)} free of ${formatBytes(memory.totalBytes)}`],
            ['cache folder', `${cacheFolder.path}${cacheFolder.writable ? '' : ' (not writable)'}`],
          ]),
        }
      }),
    )
}
