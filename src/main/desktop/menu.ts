import type { MenuItemConstructorOptions } from 'electron'

/** What the menu does by itself; everything else is a command of the page. */
export interface MenuActions {
  /** Carries out a command of the page by its id. */
  readonly command: (id: string) => void
  readonly back: () => void
  readonly forward: () => void
  readonly showDataFolder: () => void
  readonly about: () => void
}

export interface MenuState {
  readonly platform: NodeJS.Platform
  readonly name: string
  readonly theme: 'light' | 'dark' | 'system'
  /** Developer tools are for the repository only. */
  readonly packaged: boolean
}

/** The views of the rail, in the order of the job. */
const railViews = [
  ['model', 'Model'],
  ['data', 'Data'],
  ['neurons', 'Neurons'],
  ['forget', 'Forget concepts'],
  ['prune', 'Rank and prune'],
  ['compare', 'Compare'],
  ['export', 'Export'],
] as const

const themes = [
  ['system', "The system's theme"],
  ['light', 'Light theme'],
  ['dark', 'Dark theme'],
] as const

/** The native menu: every command of the application with its keys. */
export function menuTemplate(state: MenuState, actions: MenuActions): MenuItemConstructorOptions[] {
  const separator: MenuItemConstructorOptions = { type: 'separator' }
  /**
   * A command whose keys the page listens to itself: shown here, and left to the page, which knows what has the focus and whether
   * shortcuts are switched off. (A Mac's menu takes its keys only when the page has left them.)
   */
  const command = (id: string, label: string, accelerator?: string): MenuItemConstructorOptions => ({
    id,
    label,
    click: () => actions.command(id),
    ...(accelerator === undefined ? {} : { accelerator, registerAccelerator: false }),
  })
  /** A command whose keys only the menu has: in a browser they change tabs. */
  const menuOnly = (id: string, label: string, accelerator: string): MenuItemConstructorOptions => ({
    ...command(id, label),
    accelerator,
  })
  const mac = state.platform === 'darwin'
  const settings = command('view.settings', 'Settings…', 'CmdOrCtrl+,')

  const application: MenuItemConstructorOptions = {
    label: state.name,
    submenu: [
      { id: 'about', label: `About ${state.name}`, click: actions.about },
      separator,
      settings,
      separator,
      { role: 'services' },
      separator,
      { role: 'hide' },
      { role: 'hideOthers' },
      { role: 'unhide' },
      separator,
      { role: 'quit' },
    ],
  }
  const file: MenuItemConstructorOptions = {
    label: '&File',
    submenu: [
      menuOnly('file.new-workspace', 'New workspace…', 'CmdOrCtrl+N'),
      command('file.open-workspace', 'Open workspace…', 'CmdOrCtrl+Shift+O'),
      command('file.close-workspace', 'Close workspace'),
      separator,
      command('file.open-model', 'Open model…', 'CmdOrCtrl+O'),
      command('file.import-data', 'Import data…', 'CmdOrCtrl+I'),
      separator,
      command('export.start', 'Export pruned model…', 'CmdOrCtrl+Shift+E'),
      ...(mac ? [] : [separator, settings]),
      separator,
      mac ? { role: 'close' } : { role: 'quit' },
    ],
  }
  const edit: MenuItemConstructorOptions = {
    label: '&Edit',
    submenu: [
      // Not the roles: the preload gives them to the field that has the focus, or else to the workspace.
      command('edit.undo', 'Undo', 'CmdOrCtrl+Z'),
      command('edit.redo', 'Redo', 'CmdOrCtrl+Shift+Z'),
      separator,
      { role: 'cut' },
      { role: 'copy' },
      { role: 'paste' },
      { role: 'selectAll' },
    ],
  }
  const view: MenuItemConstructorOptions = {
    label: '&View',
    submenu: [
      ...railViews.map(([id, label], index) => menuOnly(`view.${id}`, label, `CmdOrCtrl+${index + 1}`)),
      menuOnly('view.jobs', 'Jobs', 'CmdOrCtrl+8'),
      separator,
      // 90 to 200 %, in the page's steps.
      command('zoom.in', 'Zoom in', 'CmdOrCtrl+Plus'),
      command('zoom.out', 'Zoom out', 'CmdOrCtrl+-'),
      command('zoom.reset', 'Zoom to 100 %', 'CmdOrCtrl+0'),
      separator,
      ...themes.map(([id, label]): MenuItemConstructorOptions => ({
        ...command(`theme.${id}`, label),
        type: 'radio',
        checked: state.theme === id,
      })),
      separator,
      { role: 'togglefullscreen' },
      ...(state.packaged ? [] : [separator, { role: 'reload' } as const, { role: 'toggleDevTools' } as const]),
    ],
  }
  const go: MenuItemConstructorOptions = {
    label: '&Go',
    submenu: [
      command('palette', 'Search commands…', 'CmdOrCtrl+K'),
      separator,
      { id: 'go.back', label: 'Back', accelerator: mac ? 'Cmd+[' : 'Alt+Left', click: actions.back },
      { id: 'go.forward', label: 'Forward', accelerator: mac ? 'Cmd+]' : 'Alt+Right', click: actions.forward },
      separator,
      command('view.start', 'Start'),
    ],
  }
  const help: MenuItemConstructorOptions = {
    label: '&Help',
    role: 'help',
    submenu: [
      command('shortcuts', 'Keyboard shortcuts', '?'),
      command('diagnostics.copy', 'Copy diagnostics'),
      { id: 'show-data-folder', label: 'Show data folder', click: actions.showDataFolder },
      ...(mac ? [] : [separator, { id: 'about', label: `About ${state.name}`, click: actions.about }]),
    ],
  }
  const window: MenuItemConstructorOptions = { role: 'windowMenu' }
  return mac ? [application, file, edit, view, go, window, help] : [file, edit, view, go, help]
}
