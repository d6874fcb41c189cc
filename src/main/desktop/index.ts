import * as electron from 'electron'
import { createWorkbenchRouter } from '../services/router/index.ts'
import { createWorkbenchSession } from '../services/session/create-session.ts'
import { runDesktop } from './desktop-app.ts'

const log = (line: string) => void process.stderr.write(`${line}\n`)

// Not awaited: Electron is ready only after this module was evaluated.
runDesktop({
  electron,
  resourcesPath: process.resourcesPath,
  words: process.argv,
  environment: process.env,
  log,
  openSession: (options) => {
    const session = createWorkbenchSession({ ...options, environment: process.env, log })
    return { session, router: createWorkbenchRouter(session) }
  },
}).catch((error: unknown) => {
  const { message, remedy = '' } = error as { readonly message: string; readonly remedy?: string }
  log(message)
  electron.dialog.showErrorBox(message, remedy)
  electron.app.exit(1)
})
