import { serveOverChannel } from '../../src/main/services/router/serve-port.ts'
import { doorRouter, type Counts } from './door-router.ts'

// Its parent reads the counts from here: the channel may be closed when they change.
const counts: Counts = { aborts: 0, writes: 0, watches: 0 }
const tell = () => process.stdout.write(`${JSON.stringify(counts)}\n`)
process.on('disconnect', () => setTimeout(() => process.exit(0), 300))
serveOverChannel(process, doorRouter(counts, tell))
