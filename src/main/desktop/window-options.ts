import type { BrowserWindowConstructorOptions, Rectangle } from 'electron'

export interface WindowLook {
  readonly preload: string
  readonly bounds: Partial<Rectangle>
  readonly dark: boolean
  /** Null where the system takes the icon from the package. */
  readonly icon: string | null
}

/** Smallest size at which every view is usable, in device-independent pixels. */
export const smallestWindow = { width: 960, height: 600 }

/** Options of the one window: a sandboxed page without Node, in a world of its own. */
export function windowOptions({ preload, bounds, dark, icon }: WindowLook): BrowserWindowConstructorOptions {
  return {
    ...bounds,
    minWidth: smallestWindow.width,
    minHeight: smallestWindow.height,
    // Shown when the first frame is there: no white flash.
    show: false,
    title: 'SNIP Workbench',
    backgroundColor: dark ? '#1b1c1f' : '#ffffff',
    ...(icon === null ? {} : { icon }),
    webPreferences: {
      preload,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webviewTag: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      experimentalFeatures: false,
      navigateOnDragDrop: false,
      safeDialogs: true,
      spellcheck: false,
    },
  }
}
