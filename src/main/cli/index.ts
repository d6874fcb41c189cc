import { join } from 'node:path'
import { runProcess } from './run-process.ts'

// The build puts the engine host beside this file.
await runProcess({
  hostFile: join(import.meta.dirname, 'engine-host.js'),
  resources: join(import.meta.dirname, '..', '..', 'resources'),
})
