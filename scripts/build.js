import { buildOrExit } from './build-if-needed.js'

await buildOrExit({ force: true })
