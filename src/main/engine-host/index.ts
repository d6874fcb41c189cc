import { RPCHandler } from '@orpc/server/message-port'
import { processPort } from './client/process-port.ts'
import { createEngineHostRouter } from './router.ts'

// The parent's end of the channel is its life line: without it this process has nothing to do.
process.on('disconnect', () => process.exit(0))
// A terminal's Ctrl-C reaches the whole process group; the parent decides when this process ends.
process.on('SIGINT', () => undefined)

new RPCHandler(createEngineHostRouter()).upgrade(processPort(process))
