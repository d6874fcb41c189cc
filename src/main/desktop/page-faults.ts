import type { BrowserWindow, Dialog, RenderProcessGoneDetails } from 'electron'

const reasons: Readonly<Record<string, string>> = {
  crashed: 'It crashed',
  oom: 'It ran out of memory',
  killed: 'It was ended by the system or another program',
  'abnormal-exit': 'It ended by itself',
  'launch-failed': 'It could not be started',
  'integrity-failure': 'A file of the program was changed',
}

/** What happened to the window's process, in words; null when nothing did. */
export function sentenceOfLoss({ reason, exitCode }: Pick<RenderProcessGoneDetails, 'reason' | 'exitCode'>) {
  if (reason === 'clean-exit') return null
  return `${reasons[reason] ?? 'It ended'} (exit code ${exitCode}). Jobs go on, and what was saved is safe.`
}

interface Faults {
  readonly dialog: Pick<Dialog, 'showMessageBox'>
  readonly log: (line: string) => void
  readonly quit: () => void
}

type FaultyWindow = Pick<BrowserWindow, 'isDestroyed'> & {
  readonly webContents: Pick<BrowserWindow['webContents'], 'on' | 'reload'>
}

/** Offers a reload when the page's process is lost, and patience or a reload when it does not answer. */
export function watchPage(window: FaultyWindow, { dialog, log, quit }: Faults): void {
  let asking = false
  const ask = async (message: string, detail: string, buttons: string[]): Promise<void> => {
    if (asking || window.isDestroyed()) return
    asking = true
    try {
      const options = { type: 'warning' as const, message, detail, buttons, defaultId: 0, cancelId: 0, noLink: true }
      const { response } = await dialog.showMessageBox(options)
      if (buttons[response] === 'Reload' && !window.isDestroyed()) window.webContents.reload()
      if (buttons[response] === 'Quit') quit()
    } finally {
      asking = false
    }
  }
  window.webContents.on('render-process-gone', (_event, details) => {
    const detail = sentenceOfLoss(details)
    if (detail === null) return
    log(`The window's process was lost: ${details.reason}, exit code ${details.exitCode}`)
    void ask('The window stopped working', detail, ['Reload', 'Quit'])
  })
  window.webContents.on('unresponsive', () => {
    log('The window does not answer')
    const detail = 'Reloading loses nothing that was saved; jobs go on.'
    void ask('The window does not answer', detail, ['Wait', 'Reload'])
  })
}
