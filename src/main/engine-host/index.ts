import { serveEngineHost } from './serve.ts'

// Given where the process cannot have large single allocations: inside Electron.
serveEngineHost({ arena: !process.argv.includes('--no-arena') })
